// The errors of libpng, which reports one by longjmp. So everything between a setjmp and libpng is a plain
// function over plain pointers: a jump never passes over an object with a destructor. Those functions return
// false, and their callers, which own the memory, throw.
#pragma once

#include <csetjmp>
#include <cstdio>

#include <png.h>

namespace trous::detail {

/// The text of libpng's last error.
struct PngMessage {
  char text[160] = "out of memory";
};

/// The error function of libpng, whose error pointer is a PngMessage.
[[noreturn]] inline void keep_png_message(png_structp png, png_const_charp text) {
  std::snprintf(static_cast<PngMessage*>(png_get_error_ptr(png))->text, sizeof(PngMessage::text), "%s", text);
  png_longjmp(png, 1);
}

inline void drop_png_warning(png_structp, png_const_charp) {}

}  // namespace trous::detail
