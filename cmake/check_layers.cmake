# Fails with file and line when an #include points the wrong way.
#
#   cmake -DROOT=<source directory> -P cmake/check_layers.cmake
#
# `allowed_<folder>` lists the folders whose headers that folder may include; `doors_<library>` lists
# the only places that may include a library.

cmake_minimum_required(VERSION 3.25)

set(allowed_core "core;core/detail")
set(allowed_autograd "core;autograd;autograd/detail")
set(allowed_check "core;autograd;autograd/detail;check;check/detail")
set(allowed_check_vectors "core;core/detail;data;autograd;check;ops;check/vectors")
set(allowed_ops_kernels "core;ops/kernels")
set(allowed_ops "core;autograd;ops;ops/detail;ops/kernels")
set(allowed_layers "core;core/detail;autograd;check;ops;layers;layers/detail")
set(allowed_data "core;core/detail;data;data/detail")
set(allowed_train "core;core/detail;autograd;check;ops;layers;data;train;train/detail")
set(allowed_run "core;core/detail;ops;layers;data;train;run;run/detail;run/report")
set(allowed_cli "core;core/detail;autograd;check;check/vectors;ops;layers;data;train;run;run/detail;cli")
set(allowed_program "core;ops;layers;data;train;run;cli;program")
set(allowed_examples "trous.h;program")
set(allowed_benchmarks "trous.h;core;autograd;ops;layers;train;benchmarks")
# The tests of the tape and of the checker use toy ops of their own, which proves that both need none of ours.
set(allowed_tests_autograd "core;autograd;check")
set(allowed_tests_check "core;autograd;check;check/detail")
set(allowed_tests_check_vectors "${allowed_check_vectors}")

set(library_patterns "Eigen/;nlohmann/;tbb/;hwy/;CLI/;png.h;jpeglib.h;zlib.h;sha2.h")
set(doors_Eigen/ "^(ops/kernels/reference/|core/eigen_interop\\.h|layers/initializers\\.cpp|benchmarks/rival_eigen\\.cpp)")
set(doors_nlohmann/ "^core/detail/json\\.|^data/safetensors\\.cpp|^cli/|^benchmarks/")
set(doors_tbb/ "^core/(parallel|storage)\\.cpp")
set(doors_hwy/ "^ops/kernels/fast/")
set(doors_CLI/ "^(cli/|program/program\\.cpp)")
set(doors_png.h "^data/detail/png_(decoder\\.cpp|encoder\\.cpp|message\\.h)")
set(doors_jpeglib.h "^data/detail/jpeg_decoder\\.cpp")
set(doors_zlib.h "^data/[^.]*\\.cpp")
set(doors_sha2.h "^data/digest\\.cpp")

set(faults "")
file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/core/*" "${ROOT}/autograd/*" "${ROOT}/check/*" "${ROOT}/ops/*"
     "${ROOT}/layers/*" "${ROOT}/data/*" "${ROOT}/train/*" "${ROOT}/run/*" "${ROOT}/cli/*" "${ROOT}/program/*"
     "${ROOT}/examples/*" "${ROOT}/benchmarks/*" "${ROOT}/tests/autograd/*" "${ROOT}/tests/check/*")
foreach(file IN LISTS files)
  if(NOT file MATCHES "\\.(h|cpp)$")
    continue()
  endif()
  if(file MATCHES "^ops/kernels/")
    set(folder ops_kernels)
  elseif(file MATCHES "^check/vectors/")
    set(folder check_vectors)
  elseif(file MATCHES "^tests/check/vectors/")
    set(folder tests_check_vectors)
  elseif(file MATCHES "^tests/(autograd|check)/")
    set(folder tests_${CMAKE_MATCH_1})
  else()
    string(REGEX REPLACE "/.*" "" folder "${file}")
  endif()
  file(STRINGS "${ROOT}/${file}" lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(line MATCHES "[<\"]trous/([^>\"]+)[>\"]")
      set(header "${CMAKE_MATCH_1}")
      string(REGEX REPLACE "/[^/]*$" "" target "${header}")
      if(target MATCHES "^ops/kernels")
        set(target "ops/kernels")
      endif()
      if(NOT target IN_LIST allowed_${folder})
        list(APPEND faults "${file}: ${line} (${folder} may include: ${allowed_${folder}})")
      endif()
      # What a public header shows may not name what is private.
      if((target STREQUAL "autograd/detail" AND file MATCHES "^(autograd|check)/[^/]*\\.h$") OR
         (target MATCHES "^ops/(kernels|detail)" AND file MATCHES "^ops/[^/]*\\.h$") OR
         (target STREQUAL "core/detail" AND file MATCHES "^(core|check/vectors|layers|data|train|run)/[^/]*\\.h$") OR
         (target STREQUAL "check/detail" AND file MATCHES "^check/[^/]*\\.h$") OR
         (target STREQUAL "data/detail" AND file MATCHES "^data/[^/]*\\.h$") OR
         (target STREQUAL "layers/detail" AND file MATCHES "^layers/[^/]*\\.h$") OR
         (target MATCHES "^run/(detail|report)" AND file MATCHES "^run/[^/]*\\.h$"))
        list(APPEND faults "${file}: ${line} (${target} is private: include it in the .cpp)")
      endif()
    elseif(line MATCHES "include[ \t]*\"")
      list(APPEND faults "${file}: ${line} (the one spelling is <trous/folder/file.h>)")
    endif()
    foreach(library IN LISTS library_patterns)
      string(FIND "${line}" "<${library}" found)
      if(found GREATER -1 AND NOT file MATCHES "${doors_${library}}")
        list(APPEND faults "${file}: ${line} (this library's doors: ${doors_${library}})")
      endif()
    endforeach()
  endforeach()
endforeach()

if(faults)
  list(JOIN faults "\n  " text)
  message(FATAL_ERROR "includes that point the wrong way:\n  ${text}")
endif()
