#include <trous/core/choices.h>
#include <trous/core/error.h>

namespace trous {

std::string listed(const std::vector<std::string_view>& names, std::string_view last) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    list += i == 0 ? std::string_view() : i + 1 < names.size() ? std::string_view(", ") : last;
    list += names[i];
  }
  return list;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name[0] != '-' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789-_+") == std::string_view::npos;
}

void refuse_name(std::string_view what, std::string_view name, const std::vector<std::string_view>& names) {
  throw ArgumentError(text(what, ": \"", name, "\" is not known. Choose ", listed(names), '.'));
}

}  // namespace trous
