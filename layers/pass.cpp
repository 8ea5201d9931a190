#include <algorithm>
#include <typeinfo>

#include <trous/layers/pass.h>

namespace trous {

const Tensor* Pass::pending(const Buffer* buffer) const {
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [&](const auto& update) { return update.first == buffer; });
  return found == pending_.end() ? nullptr : &found->second;
}

const Tensor& Pass::current(const Buffer& buffer) const {
  const Tensor* const value = pending(&buffer);
  return value ? *value : buffer.get();
}

void Pass::update(const Buffer& buffer, Tensor value) {
  for (auto& [known, pending_value] : pending_) {
    if (known != &buffer) continue;
    pending_value = std::move(value);
    return;
  }
  pending_.emplace_back(&buffer, std::move(value));
}

std::string_view Pass::name_of(const void* layer) const {
  const auto found = names_.find(layer);
  return found == names_.end() ? std::string_view() : std::string_view(found->second);
}

void Pass::rethrow_under(std::string_view layer) {
  if (layer.empty()) throw;
  try {
    throw;
  } catch (const Error& error) {  // a part of this layer, or the layer itself, has put its path in front
    const std::string_view what = error.what();
    if (what.starts_with(layer) && what.size() > layer.size() &&
        (what[layer.size()] == ':' || what[layer.size()] == '.'))
      throw;
  }
  try {
    throw;
  } catch (const ShapeError& error) {
    throw ShapeError(text(layer, ": ", error.what()));
  } catch (const DTypeError& error) {
    throw DTypeError(text(layer, ": ", error.what()));
  } catch (const ArgumentError& error) {
    throw ArgumentError(text(layer, ": ", error.what()));
  } catch (const Error& error) {
    if (typeid(error) != typeid(Error)) throw;  // a GraphError or FileError names its place already
    throw Error(text(layer, ": ", error.what()));
  }
}

}  // namespace trous
