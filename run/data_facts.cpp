#include <trous/run/data_facts.h>

namespace trous {
namespace {

// The source of the training split, and those of the other splits where they come from elsewhere.
std::string sources_of(const Splits& data) {
  std::string sources = data.train.source;
  if (data.validation.source != data.train.source) sources += ". Validation: " + data.validation.source;
  if (data.test.source != data.validation.source) sources += ". Test: " + data.test.source;
  return sources;
}

}  // namespace

DataFacts data_facts(const Splits& data, const Survey& survey) {
  const Shape& image = data.train.image_shape;
  return {.name = data.train.name.substr(0, data.train.name.find('/')),
          .source = sources_of(data),
          .image = {image.extents().begin(), image.extents().end()},
          .train = survey.train,
          .validation = survey.validation,
          .test = survey.test,
          .train_validation = survey.shared_train_validation,
          .train_test = survey.shared_train_test,
          .validation_test = survey.shared_validation_test};
}

}  // namespace trous
