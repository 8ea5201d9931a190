#include <typeinfo>

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

void Pass::rethrow_under(std::string_view layer) {
  if (layer.empty()) throw;
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
