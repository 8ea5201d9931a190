// Oracles of batch norm and of the losses.
#include <algorithm>
#include <optional>
#include <properties/oracles.h>

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
  };
}

}  // namespace trous::catalogue
