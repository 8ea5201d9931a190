#include <string>
#include <utility>
#include <vector>

#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/train/detail/made_up_data.h>

namespace trous::detail {
namespace {

bool has_classes(Role role) { return role == Role::mask || role == Role::label; }

// Axis 0 is the batch, and where there are classes the last one is theirs.
Shape target_shape(const Shape& output, Role target) {
  const auto extents = output.extents();
  return Shape(std::vector<std::int64_t>(extents.begin() + 1, extents.end() - (has_classes(target) ? 1 : 0)));
}

}  // namespace

Shape output_shape(const AnyLayer& net, const Shape& images, Role target) {
  const Recording scope(Recording::nothing);
  Pass pass;
  pass.name_layers(net);
  Shape output = net(Tensor::full(images, DType::float32, 0.5), pass).shape();
  const bool fits = lies_on_pixels(target)  ? output.rank() == 4
                    : target == Role::label ? output.rank() == 2
                                            : output.rank() > 0;
  if (fits) return output;
  throw ShapeError(text("memory: the network gives ", output, " for images ", images,
                        ". Its last layer must give ",
                        target == Role::mask    ? "[batch, height, width, classes]"
                        : target == Role::label ? "[batch, classes]"
                        : target == Role::image ? "[batch, height, width, channels]"
                                                : "the batch as its first axis",
                        '.'));
}

Dataset made_up_data(const Shape& images, const Shape& output, Role target) {
  const Shape of_image{images[1], images[2], images[3]}, of_target = target_shape(output, target);
  const std::int64_t classes = has_classes(target) ? output[output.rank() - 1] : 0;
  std::int64_t i = 0;
  const auto numbers = [&i](const Shape& shape) {
    Tensor result = Tensor::uninitialized(shape, DType::float32);
    for (float& value : result.mutable_values<float>()) value = static_cast<float>(i++ * 37 % 101) / 101;
    return result;
  };
  Tensor image = numbers(of_image);
  Tensor truth = classes > 0 ? Tensor::uninitialized(of_target, DType::int32) : numbers(of_target);
  if (classes > 0) {
    for (std::int32_t& label : truth.mutable_values<std::int32_t>())
      label = static_cast<std::int32_t>(i++ % classes);
  }
  std::vector<std::string> names;
  for (std::int64_t c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  return {.name = "made up",
          .source = "no data",
          .classes = std::move(names),
          .size = images[0],
          .image_shape = of_image,
          .sample = [made = Sample{std::move(image), std::move(truth)}](std::int64_t) { return made; },
          .target = {.name = "target", .role = target, .shape = of_target}};
}

}  // namespace trous::detail
