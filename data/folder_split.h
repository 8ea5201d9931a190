// Splits the images of a user's folder into training, validation and test.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace trous {

/// Images that stay together, copies of one, and the classes that they show.
struct SplitGroup {
  std::vector<std::size_t> items;
  std::set<std::int32_t> classes;
};

/// Train, validation and test, as items in ascending order.
using ItemSplits = std::array<std::vector<std::size_t>, 3>;

/// The groups in the order of a permutation by `seed`: the last 0.15 n are for test, as many before them for
/// validation, rounded, at least one each. Throws ArgumentError for fewer than three groups.
ItemSplits permuted_split(const std::vector<SplitGroup>& groups, std::uint64_t seed);

/// Splits of the same sizes over which each class is spread. Of a class that k groups show, max(1, 0.15 k) go
/// to validation and as many to test, as long as there is room; the class of two groups has one in
/// validation, that of one group none in either. Classes are dealt in the order of how few groups are left
/// that show them, their groups in the order of the permutation: first to validation, then to test, then to
/// train. Where that leaves room in validation or test, groups move there from train that are not the last to
/// show a class.
///
/// Throws ArgumentError for fewer than three groups. Source of the order: Sechidis, Tsoumakas and Vlahavas,
/// "On the stratification of multi-label data", ECML PKDD 2011, there without serving the small sets first.
ItemSplits stratified_split(const std::vector<SplitGroup>& groups, std::uint64_t seed);

}  // namespace trous
