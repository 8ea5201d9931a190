// Oracles of batch norm and of the losses.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <properties/oracles.h>
#include <utility>

namespace trous::catalogue {
namespace {

struct PerChannel {
  std::vector<Rounded> mean, variance;
};

// Channel k of element e in memory is e % channels.
PerChannel moments(const Array& x) {
  const auto channels = static_cast<std::size_t>(x.extent(-1));
  const std::size_t each = x.values.size() / channels;
  const Rounded count(static_cast<double>(each));
  std::vector<Sum> sums(channels), squares(channels);
  for (std::size_t e = 0; e < x.values.size(); ++e) sums[e % channels] += x.values[e];
  PerChannel result;
  for (const Sum& s : sums) result.mean.push_back(s / count);
  for (std::size_t e = 0; e < x.values.size(); ++e) {
    const Rounded centred = x.values[e] - result.mean[e % channels];
    squares[e % channels] += centred * centred;
  }
  for (const Sum& s : squares) result.variance.push_back(s / count);
  return result;
}

// x slope + (offset - mean slope)
Array normalized(Arrays x, const PerChannel& m, bool rectified) {
  Array y(x[0].shape);
  for (std::size_t e = 0; e < y.values.size(); ++e) {
    const std::size_t c = e % m.mean.size();
    const Rounded slope = x[1].values[c] / sqrt(m.variance[c] + Rounded(1e-5));
    y.values[e] = x[0].values[e] * slope + (x[2].values[c] - m.mean[c] * slope);
    if (rectified && y.values[e] < Rounded()) y.values[e].value = 0;
  }
  return y;
}

Oracle batch_norm(bool rectified) {
  return [=](Arrays x) { return normalized(x, moments(x[0]), rectified); };
}
Oracle batch_norm_inference(bool rectified) {
  return [=](Arrays x) { return normalized(x, {x[3].values, x[4].values}, rectified); };
}

Rounded reciprocal_deviation(const PerChannel& m, std::size_t c) {
  return Rounded(1) / sqrt(m.variance[c] + Rounded(1e-5));
}

// The sums over a channel of g and of g (x - mean) / deviation.
struct ChannelSums {
  std::vector<Sum> plain, with_x;
};
ChannelSums channel_sums(Arrays x, const PerChannel& m, const Array& g) {
  const std::size_t channels = m.mean.size();
  ChannelSums sums{std::vector<Sum>(channels), std::vector<Sum>(channels)};
  for (std::size_t e = 0; e < g.values.size(); ++e) {
    const std::size_t c = e % channels;
    sums.plain[c] += g.values[e];
    sums.with_x[c] += g.values[e] * (x[0].values[e] - m.mean[c]) * reciprocal_deviation(m, c);
  }
  return sums;
}

// The part of the cotangent that a ReLU lets through.
Array passed(Arrays x, const PerChannel& m, Array g, bool rectified) {
  if (!rectified) return g;
  const Array y = normalized(x, m, true);
  for (std::size_t e = 0; e < g.values.size(); ++e) {
    if (y.values[e].value == 0) g.values[e] = Rounded();
  }
  return g;
}

Array per_channel(const std::vector<Rounded>& values) {
  Array result({static_cast<std::int64_t>(values.size())});
  result.values = values;
  return result;
}

// A pixel that counts: where it is, its label, and log softmax of each class.
struct Pixel {
  std::size_t place, label;
  std::vector<Rounded> log_p;
};

std::vector<Pixel> counted_pixels(Arrays x, std::optional<double> ignored) {
  const auto classes = static_cast<std::size_t>(x[0].extent(-1));
  std::vector<Pixel> pixels;
  for (std::size_t i = 0; i < x[1].values.size(); ++i) {
    const double label = static_cast<double>(x[1].values[i].value);
    if (label == ignored) continue;
    Pixel pixel{i, static_cast<std::size_t>(label), {}};
    const auto logits = x[0].values.begin() + static_cast<std::ptrdiff_t>(i * classes);
    const Rounded most = *std::max_element(logits, logits + static_cast<std::ptrdiff_t>(classes));
    Sum sum;
    for (std::size_t c = 0; c < classes; ++c) sum += exp(logits[static_cast<std::ptrdiff_t>(c)] - most);
    for (std::size_t c = 0; c < classes; ++c)
      pixel.log_p.push_back(logits[static_cast<std::ptrdiff_t>(c)] - most - log(sum));
    pixels.push_back(std::move(pixel));
  }
  return pixels;
}

Array number(Rounded value) {
  Array result{Shape{}};
  result.values[0] = value;
  return result;
}

// -sum w (1 - p)^gamma log p / sum w, where class weights, if any, are the third input.
Oracle focal(double gamma, std::optional<double> ignored = std::nullopt) {
  return [=](Arrays x) {
    Sum loss, weights;
    for (const Pixel& pixel : counted_pixels(x, ignored)) {
      const Rounded log_p = pixel.log_p[pixel.label], wrong = Rounded(1) - exp(log_p);
      const Rounded weight = x.size() > 2 ? x[2].values[pixel.label] : Rounded(1);
      // The rounding of 1 - p matters to the power where p is near 1.
      loss += -(weight * log_p * (gamma == 0 ? Rounded(1) : pow(wrong, gamma)));
      weights += weight;
    }
    return number(Rounded(weights).value == 0 ? Rounded() : loss / Rounded(weights));
  };
}

// As PyTorch: the mean over the classes takes the weights of the classes, the divisor those of the labels.
Oracle smoothed_entropy(double e, std::optional<double> ignored = std::nullopt) {
  return [=](Arrays x) {
    Sum loss, weights;
    for (const Pixel& pixel : counted_pixels(x, ignored)) {
      const auto weight = [&](std::size_t c) { return x.size() > 2 ? x[2].values[c] : Rounded(1); };
      const Rounded share(e / static_cast<double>(pixel.log_p.size()));
      loss += -(Rounded(1 - e) * weight(pixel.label) * pixel.log_p[pixel.label]);
      for (std::size_t c = 0; c < pixel.log_p.size(); ++c) loss += -(share * weight(c) * pixel.log_p[c]);
      weights += weight(pixel.label);
    }
    return number(Rounded(weights).value == 0 ? Rounded() : loss / Rounded(weights));
  };
}

// The mean of log(1 + exp(z)), z = -x where the label is the class, else x.
Oracle sigmoid_entropy(std::optional<double> ignored = std::nullopt) {
  return [=](Arrays x) {
    Sum loss;
    double terms = 0;
    const auto classes = static_cast<std::size_t>(x[0].extent(-1));
    for (const Pixel& pixel : counted_pixels(x, ignored)) {
      for (std::size_t c = 0; c < classes; ++c) {
        const Rounded logit = x[0].values[pixel.place * classes + c], z = c == pixel.label ? -logit : logit;
        loss += (z.value > 0 ? z : Rounded()) + log(Rounded(1) + exp(-abs(z)));
        ++terms;
      }
    }
    return number(terms == 0 ? Rounded() : loss / Rounded(terms));
  };
}

Oracle tversky(double alpha, double beta, double smooth, std::optional<double> ignored = std::nullopt) {
  return [=](Arrays x) {
    const std::vector<Pixel> pixels = counted_pixels(x, ignored);
    Sum loss;
    double occurring = 0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(x[0].extent(-1)); ++c) {
      Sum both, added, missed;
      bool present = false;
      for (const Pixel& pixel : pixels) {
        const Rounded p = exp(pixel.log_p[c]);
        if (pixel.label != c) {
          added += p;
          continue;
        }
        present = true;
        both += p;
        missed += Rounded(1) - p;
      }
      if (!present) continue;
      ++occurring;
      const Rounded right = Rounded(both) + Rounded(smooth);
      loss += Rounded(1) - right / (right + Rounded(alpha) * added + Rounded(beta) * missed);
    }
    return number(occurring == 0 ? Rounded() : loss / Rounded(occurring));
  };
}

// For each class the pixels by descending error; the k-th adds its error times what it adds to the Jaccard
// loss of the set of the first k.
Oracle lovasz(std::optional<double> ignored = std::nullopt) {
  return [=](Arrays x) {
    const std::vector<Pixel> pixels = counted_pixels(x, ignored);
    Sum loss;
    double occurring = 0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(x[0].extent(-1)); ++c) {
      std::vector<std::pair<Rounded, bool>> errors;
      double size = 0;
      for (const Pixel& pixel : pixels) {
        const Rounded p = exp(pixel.log_p[c]);
        const bool right = pixel.label == c;
        errors.emplace_back(right ? Rounded(1) - p : p, right);
        size += right;
      }
      if (size == 0) continue;
      ++occurring;
      std::stable_sort(errors.begin(), errors.end(),
                       [](const auto& a, const auto& b) { return b.first < a.first; });
      double left = size, all = size;  // |P and T| and |P or T|
      Rounded before;
      for (const auto& [error, right] : errors) {
        (right ? left : all) += right ? -1 : 1;
        const Rounded now = Rounded(1) - Rounded(left) / Rounded(all);
        loss += error * (now - before);
        before = now;
      }
    }
    return number(occurring == 0 ? Rounded() : loss / Rounded(occurring));
  };
}

// The squared distance from pixel i to the nearest counted pixel of its image that is of class c, or, with
// `others`, that is not; infinite where there is none.
double nearest(Arrays x, std::size_t i, double c, bool others, std::optional<double> ignored) {
  const auto height = x[1].extent(-2), width = x[1].extent(-1);
  const auto first = static_cast<std::int64_t>(i) / (height * width) * (height * width);
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t j = 0; j < height * width; ++j) {
    const auto label = static_cast<double>(x[1].values[static_cast<std::size_t>(first + j)].value);
    if (label == ignored || (label == c) == others) continue;
    const std::int64_t own = static_cast<std::int64_t>(i) - first;
    const std::int64_t down = own / width - j / width, right = own % width - j % width;
    best = std::min(best, static_cast<double>(down * down + right * right));
  }
  return best;
}

Oracle boundary(std::optional<double> ignored = std::nullopt) {
  return [=](Arrays x) {
    Sum loss;
    double terms = 0;
    for (const Pixel& pixel : counted_pixels(x, ignored)) {
      for (std::size_t c = 0; c < pixel.log_p.size(); ++c) {
        const bool inside = pixel.label == c;
        const double distance = nearest(x, pixel.place, static_cast<double>(c), inside, ignored);
        ++terms;
        if (std::isinf(distance)) continue;
        const Rounded root = sqrt(Rounded(distance));
        loss += exp(pixel.log_p[c]) * (inside ? Rounded(1) - root : root);
      }
    }
    return number(terms == 0 ? Rounded() : loss / Rounded(terms));
  };
}

Oracle dice(double smooth, std::optional<double> ignored = std::nullopt) {
  return [=](Arrays x) {
    const std::vector<Pixel> pixels = counted_pixels(x, ignored);
    Sum loss;
    double occurring = 0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(x[0].extent(-1)); ++c) {
      Sum predicted, both;
      double present = 0;
      for (const Pixel& pixel : pixels) {
        const Rounded p = exp(pixel.log_p[c]);
        predicted += p;
        if (pixel.label != c) continue;
        both += p;
        ++present;
      }
      if (present == 0) continue;
      ++occurring;
      loss += Rounded(1) - (Rounded(2) * both + Rounded(smooth)) /
                               (Rounded(predicted) + Rounded(present) + Rounded(smooth));
    }
    return number(occurring == 0 ? Rounded() : loss / Rounded(occurring));
  };
}

// The mean of `loss` of the differences.
Oracle mean_difference(Rounded (*loss)(Rounded)) {
  return [=](Arrays x) {
    Sum losses;
    for (std::size_t i = 0; i < x[0].values.size(); ++i) losses += loss(x[0].values[i] - x[1].values[i]);
    const auto count = static_cast<double>(x[0].values.size());
    return number(count == 0 ? Rounded() : losses / Rounded(count));
  };
}

std::vector<Array> batch_norm_gradients(Arrays x, const Array& seed, bool rectified) {
  const PerChannel m = moments(x[0]);
  const std::size_t channels = m.mean.size();
  const std::size_t each = seed.values.size() / channels;
  const Rounded count(static_cast<double>(each));
  const Array g = passed(x, m, seed, rectified);
  const ChannelSums sums = channel_sums(x, m, g);
  Array of_x(x[0].shape);
  for (std::size_t e = 0; e < g.values.size(); ++e) {
    const std::size_t c = e % channels;
    const Rounded r = reciprocal_deviation(m, c), standard = (x[0].values[e] - m.mean[c]) * r;
    Sum terms;
    terms += g.values[e];
    terms += -(sums.plain[c] / count);
    terms += -(standard * (sums.with_x[c] / count));
    of_x.values[e] = x[1].values[c] * r * terms;
  }
  return {of_x, per_channel({sums.with_x.begin(), sums.with_x.end()}),
          per_channel({sums.plain.begin(), sums.plain.end()})};
}

std::vector<Array> batch_norm_inference_gradients(Arrays x, const Array& seed, bool rectified) {
  const PerChannel m{x[3].values, x[4].values};
  const std::size_t channels = m.mean.size();
  const Array g = passed(x, m, seed, rectified);
  const ChannelSums sums = channel_sums(x, m, g);
  Array of_x(x[0].shape), of_mean(x[3].shape), of_variance(x[4].shape);
  for (std::size_t c = 0; c < channels; ++c) {
    const Rounded r = reciprocal_deviation(m, c), slope = x[1].values[c] * r;
    for (std::size_t e = c; e < g.values.size(); e += channels) of_x.values[e] = g.values[e] * slope;
    of_mean.values[c] = -(sums.plain[c] * slope);
    of_variance.values[c] = Rounded(-0.5) * slope * r * sums.with_x[c];
  }
  return {of_x, per_channel({sums.with_x.begin(), sums.with_x.end()}),
          per_channel({sums.plain.begin(), sums.plain.end()}), of_mean, of_variance};
}

// w (p - t) / sum w, with t = 1 for the label's class, else 0; 0 for a pixel that does not count.
std::vector<Array> cross_entropy_gradients(Arrays x, Rounded seed, std::optional<double> ignored) {
  const auto weight = [&](std::size_t label) { return x.size() > 2 ? x[2].values[label] : Rounded(1); };
  Sum weights;
  for (const Pixel& pixel : counted_pixels(x, ignored)) weights += weight(pixel.label);
  Array result(x[0].shape);
  for (const Pixel& pixel : counted_pixels(x, ignored)) {
    const Rounded share = seed * weight(pixel.label) / weights;
    for (std::size_t c = 0; c < pixel.log_p.size(); ++c) {
      const Rounded p = exp(pixel.log_p[c]);
      result.values[pixel.place * pixel.log_p.size() + c] = share * (c == pixel.label ? p - Rounded(1) : p);
    }
  }
  return {result};
}

}  // namespace

std::vector<Array> expected_gradients(const Line& line, const std::vector<Tensor>& inputs,
                                      const Tensor& seed) {
  const std::vector<Array> x(inputs.begin(), inputs.end());
  const Array g(seed);
  if (line.op == "batch_norm") return batch_norm_gradients(x, g, false);
  if (line.op == "batch_norm_relu") return batch_norm_gradients(x, g, true);
  if (line.op == "batch_norm_inference") return batch_norm_inference_gradients(x, g, false);
  if (line.op == "batch_norm_inference_relu") return batch_norm_inference_gradients(x, g, true);
  if (line.op != "softmax_cross_entropy") return group_norm_gradients(line, x, g);
  if (line.sample.starts_with("smoothed")) return {};
  const bool ignores = line.sample == "weights_and_ignored";
  return cross_entropy_gradients(x, g.values[0], ignores ? std::optional(1.0) : std::nullopt);
}

Oracles loss_oracles() {
  return {
      {"batch_norm", batch_norm(false)},
      {"batch_norm_relu", batch_norm(true)},
      {"batch_norm_inference", batch_norm_inference(false)},
      {"batch_norm_inference_relu", batch_norm_inference(true)},
      {"softmax_cross_entropy", focal(0)},
      {"softmax_cross_entropy_weights_and_ignored", focal(0, 1)},
      {"dice_loss", dice(1)},
      {"dice_loss_no_smooth", dice(0)},
      {"dice_loss_smooth_and_ignored", dice(0.5, 1)},
      {"focal_loss", focal(2)},
      {"focal_loss_gamma_weights_and_ignored", focal(1.5, 1)},
      {"softmax_cross_entropy_smoothed", smoothed_entropy(0.125)},
      {"softmax_cross_entropy_smoothed_weights_and_ignored", smoothed_entropy(0.25, 1)},
      {"sigmoid_cross_entropy", sigmoid_entropy()},
      {"sigmoid_cross_entropy_ignored", sigmoid_entropy(1)},
      {"tversky_loss", tversky(0.3, 0.7, 1)},
      {"tversky_loss_no_smooth_and_ignored", tversky(0.75, 0.5, 0, 1)},
      {"lovasz_loss", lovasz()},
      {"lovasz_loss_ignored", lovasz(1)},
      {"mse_loss", mean_difference([](Rounded d) { return d * d; })},
      {"l1_loss", mean_difference([](Rounded d) { return abs(d); })},
      {"huber_loss", mean_difference([](Rounded d) {
         const Rounded half(0.5);
         return half < abs(d) ? half * (abs(d) - Rounded(0.25)) : half * d * d;
       })},
      {"boundary_loss", boundary()},
      {"boundary_loss_ignored", boundary(1)},
  };
}

}  // namespace trous::catalogue
