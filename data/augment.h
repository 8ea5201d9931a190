// Random transforms of an image together with its mask or other targets, for training. A sample and a key
// give one result, and every kind of transform draws from a key of its own: turning one on does not change
// the others' draws.
#pragma once

#include <cstdint>
#include <optional>

#include <trous/core/random.h>
#include <trous/data/augmentation.h>
#include <trous/data/dataset.h>
#include <trous/data/warp.h>

namespace trous {

/// Returns the shape of an image [h, w, channels] after augmentation, which differs only if there is a crop.
/// Throws ShapeError for other ranks, and as check.
Shape augmented_shape(const Shape& image, const Augmentation& augmentation);

/// The fields of a sample after augmentation: a crop changes the shapes of images and masks. Throws as
/// augmented_shape, ShapeError where a transform moves pixels and an image or a mask has not the image's
/// height and width, or nothing has pixels, ArgumentError where brightness or contrast would make the image
/// differ from a target that is an image.
std::vector<SampleField> augmented_fields(std::vector<SampleField> fields, const Augmentation& augmentation);

/// Draws the map for an image [h, w, channels] by `key`. It is the inverse of
///
///   point -> corner of the crop + centre + shift + zoom turn(flip(point - corner - centre)) - corner
///
/// with the centre (height / 2, width / 2) of the crop and its height and width, from which shifts are
/// measured; without a crop they are those of the image.
///
/// The crop lies inside the image, or the image inside the crop, along each axis; all whole-pixel places are
/// equally likely, or all of which the crop holds the pixel `held`. Throws ShapeError for other ranks,
/// ArgumentError if `held` is not in the image, and as check.
Warp draw_warp(const Augmentation& augmentation, const Shape& image, Key key,
               const std::optional<PixelPlace>& held = std::nullopt);

/// Returns the sample after the transforms that `key` draws: a pure function. Values changed by brightness,
/// contrast or noise are clamped to 0..1. Pixels outside the sample stay 0 and unknown.
///
/// sample    image float32 [h, w, channels], 0..1, mask int32 [h, w]
/// returns   the same with the extents of `augmented_shape`
///
/// A crop holds the pixel `held`, if one is given; one that turns or zooms may miss it at last. Throws as
/// draw_warp and warp.
Sample augmented(const Sample& sample, const Augmentation& augmentation, Key key,
                 const std::optional<PixelPlace>& held = std::nullopt);
/// As above, for a sample of these fields. Brightness, contrast and noise change the first image alone, which
/// is what the network sees. Throws as augmented_fields too.
Sample augmented(const std::vector<SampleField>& fields, const Sample& sample,
                 const Augmentation& augmentation, Key key,
                 const std::optional<PixelPlace>& held = std::nullopt);

/// Returns sample `index` of `data` after the transforms that `key` draws. A crop reads only the pixels that
/// it shows, if the data set can (`Dataset::parts`), and lies in the image without its padding. With
/// `foreground` it holds a pixel of a class that counts and is not the background, if the sample has one.
/// Throws as checked_sample and augmented.
Sample augmented(const Dataset& data, std::int64_t index, const Augmentation& augmentation, Key key,
                 bool foreground);

/// Whether the sample at place `p` = 0, 1, ... of a training is one of the share `Augmentation::foreground`:
/// of the first n, floor(n share) are.
bool takes_foreground(const Augmentation& augmentation, std::uint64_t place);

}  // namespace trous
