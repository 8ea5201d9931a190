// Writes data/tfjs.safetensors, values and gradients as TensorFlow.js computes them in float32: docs/vectors.md.
//
//   npm install --prefix FOLDER @tensorflow/tfjs@4.22.0
//   node tests/golden/make_tfjs_vectors.mjs FOLDER [FILE]
//
// Dilated convolutions are TensorFlow's own algorithm, op for op: space_to_batch, a dense convolution or its
// transpose, batch_to_space, with the paddings and crops of tensorflow/python/ops/nn_ops.py; gradients come from
// tfjs' own rules for these three. The tests only read the file; `scripts/crosscheck` writes it again and compares.
import {writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

if (process.argv.length < 3 || process.argv[2].startsWith('-')) {
  console.error('usage: node tests/golden/make_tfjs_vectors.mjs FOLDER-OF-NPM [FILE]');
  process.exit(2);
}
const tf = createRequire(resolve(process.argv[2], 'package.json'))('@tensorflow/tfjs');
tf.enableProdMode();  // which does not advertise another backend
await tf.setBackend('cpu');
await tf.ready();

const tensors = [];
const metadata = {'@tensorflow/tfjs': tf.version.tfjs};

const product = (shape) => shape.reduce((a, b) => a * b, 1);
const made = (shape, element) =>
    tf.tensor(Float32Array.from({length: product(shape)}, (_, i) => element(i)), shape, 'float32');

// Multiples of 1/16 below 2, so that the sums of products in a convolution are exact.
const coarse = (shape, salt) => made(shape, (i) => ((37 * i + 17 * salt) % 61 - 30) / 16);
// Distinct for 2001 elements.
const fine = (shape, salt) => made(shape, (i) => ((7919 * i + 104729 * salt) % 2001 - 1000) / 1024);

// `name` begins with the op's. `of` says in which inputs tfjs' gradients are stored.
function add(name, attributes, inputs, f, of = inputs.map((_, k) => k)) {
  metadata[name] = JSON.stringify({op: name.split('/')[0], ...attributes});
  const value = f(...inputs);
  const cotangent = coarse(value.shape, 9);
  const gradients = of.length > 0 ? tf.grads(f)(inputs, cotangent) : [];
  inputs.forEach((x, k) => tensors.push([`${name}/input.${k}`, x]));
  tensors.push([`${name}/value`, value], [`${name}/cotangent`, cotangent]);
  for (const k of of) tensors.push([`${name}/gradient.${k}`, gradients[k]]);
}

// What SAME adds to an axis at stride 1: the zeros before it and behind.
function sides(taps, rate, padding) {
  const total = padding === 'SAME' ? taps + (taps - 1) * (rate - 1) - 1 : 0;
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}
const axes = (f) => [0, 1].map(f);
const untilDivisible = (size, rate) => (rate - size % rate) % rate;

// tf.nn.atrous_conv2d
function atrousConv2d(x, filters, rate, padding, conv = (blocks) => tf.conv2d(blocks, filters, 1, 'valid')) {
  const pads = axes((a) => sides(filters.shape[a], rate[a], padding));
  const more = axes((a) => untilDivisible(x.shape[1 + a] + pads[a][0] + pads[a][1], rate[a]));
  const blocks = tf.spaceToBatchND(x, rate, axes((a) => [pads[a][0], pads[a][1] + more[a]]));
  return tf.batchToSpaceND(conv(blocks), rate, axes((a) => [0, more[a]]));
}

// tf.nn.atrous_conv2d_transpose
function atrousConv2dTranspose(value, filters, outputShape, rate, padding) {
  const pads = axes((a) => sides(filters.shape[a], rate[a], padding));
  const inner = axes((a) => outputShape[1 + a] + pads[a][0] + pads[a][1]);
  const more = axes((a) => untilDivisible(inner[a], rate[a]));
  const blocks = tf.spaceToBatchND(value, rate, axes((a) => [0, more[a]]));
  const [height, width] = axes((a) => (inner[a] + more[a]) / rate[a]);
  const shape = [rate[0] * rate[1] * outputShape[0], height, width, outputShape[3]];
  const full = tf.conv2dTranspose(blocks, filters, shape, 1, 'valid');
  return tf.batchToSpaceND(full, rate, axes((a) => [pads[a][0], pads[a][1] + more[a]]));
}

// [batch, in, out] are 2, 2, 3; images are higher than wide, and rates need not divide them.
for (const [kh, kw, rh, rw, padding] of [
       [3, 3, 1, 1, 'SAME'], [3, 3, 2, 2, 'SAME'], [3, 3, 2, 2, 'VALID'], [3, 3, 3, 3, 'SAME'], [2, 2, 1, 1, 'SAME'],
       [2, 2, 2, 2, 'SAME'], [2, 2, 3, 3, 'SAME'], [2, 2, 3, 3, 'VALID'], [4, 2, 3, 1, 'SAME'], [2, 3, 4, 2, 'VALID'],
       [1, 3, 5, 2, 'SAME'], [1, 1, 4, 4, 'VALID']]) {
  const rate = [rh, rw], attributes = {rate, padding}, name = `${kh}x${kw}_rate${rh}x${rw}_${padding}`;
  const [tall, wide] = padding === 'SAME' ? [0, 0] : [(kh - 1) * rh, (kw - 1) * rw];
  const large = [2, 4 + tall, 3 + wide, 2], small = [2, 4, 3, 3];
  const x = coarse(large, 1), value = coarse(small, 2), filters = coarse([kh, kw, 2, 3], 3);
  const conv = (x, f) => atrousConv2d(x, f, rate, padding);
  add('atrous_conv2d/' + name, attributes, [x, filters], conv);
  const direct = tf.conv2d(x, filters, 1, padding.toLowerCase(), 'NHWC', rate);
  if (direct.sub(conv(x, filters)).abs().max().dataSync()[0] !== 0)
    throw new Error(`${name}: tf.conv2d with dilations is not the algorithm of atrous_conv2d`);
  add('atrous_conv2d_transpose/' + name, {output_shape: large, ...attributes}, [value, filters],
      (v, f) => atrousConv2dTranspose(v, f, large, rate, padding));
}

const filters = coarse([3, 2, 2, 3], 3);
for (const [sh, sw, padding, height, width] of [
       [2, 2, 'SAME', 5, 4], [2, 2, 'SAME', 6, 3], [2, 3, 'VALID', 7, 5], [2, 3, 'VALID', 8, 7], [1, 2, 'SAME', 3, 4]]) {
  const stride = [sh, sw], pad = padding.toLowerCase(), name = `stride${sh}x${sw}_${padding}_${height}x${width}`;
  const x = coarse([2, height, width, 2], 1), conv = (x, f) => tf.conv2d(x, f, stride, pad);
  add('conv2d/' + name, {stride, padding}, [x, filters], conv);
  add('conv2d_transpose/' + name, {stride, padding, output_shape: x.shape}, [coarse(conv(x, filters).shape, 2), filters],
      (v, f) => tf.conv2dTranspose(v, f, x.shape, stride, pad));
}

const each = coarse([3, 2, 3, 2], 3);
add('depthwise_conv2d/stride2x2_SAME', {stride: 2, padding: 'SAME'}, [coarse([1, 5, 4, 3], 1), each],
    (x, f) => tf.depthwiseConv2d(x, f, 2, 'same'));
add('depthwise_conv2d/rate2x3_SAME', {rate: [2, 3], padding: 'SAME'}, [coarse([1, 5, 4, 3], 1), each],
    (x, f) => atrousConv2d(x, f, [2, 3], 'SAME', (blocks) => tf.depthwiseConv2d(blocks, f, 1, 'valid')));

// Values alone of resizes and means: the gradients of tfjs 4.22.0 are wrong. Those of resizes exchange height and
// width and hold NaN; that of avgPool divides by the window where the value divides by the taps inside.
const image = fine([2, 4, 5, 2], 1);
for (const [height, width] of [[8, 10], [3, 3], [7, 2], [1, 9]]) {
  add(`resize_bilinear/${height}x${width}`, {height, width}, [image],
      (x) => tf.image.resizeBilinear(x, [height, width], false, true), []);
  add(`resize_nearest/${height}x${width}`, {height, width}, [image],
      (x) => tf.image.resizeNearestNeighbor(x, [height, width], false, true), []);
}
for (const [window, stride, padding] of [[[2, 2], [2, 2], 'SAME'], [[3, 3], [2, 2], 'SAME'], [[3, 2], [1, 2], 'VALID']]) {
  const name = `${window[0]}x${window[1]}_stride${stride[0]}x${stride[1]}_${padding}`, pad = padding.toLowerCase();
  add('max_pool2d/' + name, {window, stride, padding}, [image], (x) => tf.maxPool(x, window, stride, pad));
  add('average_pool2d/' + name, {window, stride, padding}, [image], (x) => tf.avgPool(x, window, stride, pad), []);
}

const scale = fine([2], 2), offset = fine([2], 3), mean = fine([2], 4), variance = fine([2], 5).square().add(0.25);
add('batch_norm/training', {epsilon: 1e-3}, [image, scale, offset], (x, s, o) => {
  const moments = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, moments.mean, moments.variance, o, s, 1e-3);
});
add('batch_norm_inference/given', {epsilon: 1e-3}, [image, scale, offset, mean, variance],
    (x, s, o, m, v) => tf.batchNorm(x, m, v, o, s, 1e-3));

const logits = fine([6, 5], 1).mul(4), labels = tf.tensor1d([0, 2, 4, 1, 3, 2], 'int32');
const truth = tf.oneHot(labels, 5).toFloat();
add('softmax_cross_entropy/plain', {}, [logits], (x) => tf.losses.softmaxCrossEntropy(truth, x));
tensors.push(['softmax_cross_entropy/plain/input.1', labels]);
add('log_softmax/last', {}, [logits], (x) => tf.logSoftmax(x));
add('softmax/last', {}, [logits], (x) => tf.softmax(x));
add('matmul/3x4x2', {}, [coarse([3, 4], 1), coarse([4, 2], 2)], (a, b) => tf.matMul(a, b));

const dtypes = {float32: 'F32', int32: 'I32'};
const header = {__metadata__: metadata};
const body = [];
let end = 0;
for (const [name, tensor] of tensors) {
  const data = tensor.dataSync();
  header[name] = {dtype: dtypes[tensor.dtype], shape: tensor.shape, data_offsets: [end, end += data.byteLength]};
  body.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
}
const text = Buffer.from(JSON.stringify(header));
const space = Buffer.alloc((8 - text.length % 8) % 8, ' ');
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(text.length + space.length));
const here = dirname(fileURLToPath(import.meta.url));
const file = process.argv[3] ?? join(here, 'data', 'tfjs.safetensors');
const bytes = Buffer.concat([length, text, space, ...body]);
writeFileSync(file, bytes);
console.log(`${tensors.length} tensors, ${bytes.length} bytes`);
