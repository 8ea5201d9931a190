// The places of an Arena: which parts of a range are in use. It needs no memory behind the range, so that a
// forecast can find out how far the buffers of a work would reach.
//
// Always the lowest place that is free and long enough is taken (first fit; Knuth, The Art of Computer
// Programming 1, section 2.5).
#pragma once

#include <cstddef>
#include <map>
#include <vector>

namespace trous {

class FirstFit {
 public:
  /// Returns the place that take(length) would take.
  std::size_t place_for(std::size_t length) const;

  /// Takes the lowest place with `length` > 0 free bytes behind it and returns it.
  std::size_t take(std::size_t length);

  /// Frees what take(length) returned. Allocates nothing.
  void give(std::size_t at, std::size_t length);

  /// The end of the highest place that was ever in use.
  std::size_t reached() const { return reached_; }

 private:
  using Gaps = std::map<std::size_t, std::size_t>;
  Gaps::const_iterator first_gap(std::size_t length) const;

  std::size_t reached_ = 0;
  Gaps free_;  // place and length below reached_; no two of them touch
  std::size_t pieces_ = 0;
  std::vector<Gaps::node_type> spare_;  // one for each piece, so that giving back allocates nothing
};

}  // namespace trous
