#include <trous/layers/pass.h>

namespace trous {

const Tensor& Pass::current(const Buffer& buffer) const {
  const auto found = pending_.find(&buffer);
  return found == pending_.end() ? buffer.get() : found->second;
}

std::string_view Pass::name_of(const void* layer) const {
  const auto found = names_.find(layer);
  return found == names_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace trous
