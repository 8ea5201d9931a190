// What the tests of a report's page ask of it.
#pragma once

#include <regex>
#include <set>
#include <string>
#include <vector>

#include <trous/run/report.h>

#include "run/written_run.h"

namespace trous {

/// The page of a run with these files.
inline std::string page_of(const WrittenRun& files) {
  const Scratch scratch;
  files.write(scratch / "run");
  return report_html(scratch / "run");
}

inline bool has(const std::string& page, const std::string& what) {
  return page.find(what) != std::string::npos;
}

inline std::size_t count(const std::string& page, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++found;
  return found;
}

/// The first fault of `page` as XML: tags that do not balance, attributes without quotes or twice, stray '<'
/// and '&', control characters. Empty if there is none.
inline std::string xml_fault(const std::string& page) {
  static const std::regex name("[a-zA-Z][a-zA-Z0-9]*"), reference("&(amp|lt|gt|quot|#39);"),
      attribute("\\s+([a-zA-Z][-a-zA-Z0-9]*)=\"([^\"<]*)\"");
  std::vector<std::string> open;
  std::size_t at = page.find('\n') + 1;  // after the DOCTYPE
  while (at < page.size()) {
    const std::string here = page.substr(at, 60);
    const auto c = static_cast<unsigned char>(page[at]);
    std::smatch match;
    const auto begin = page.begin() + static_cast<std::ptrdiff_t>(at);
    constexpr auto anchored = std::regex_constants::match_continuous;
    if (c < 0x20 && c != '\n' && c != '\t') return "control character before " + here;
    if (c == '&' && !std::regex_search(begin, page.end(), match, reference, anchored)) return "& at " + here;
    if (c != '<') {
      ++at;
      continue;
    }
    const bool closing = page[at + 1] == '/';
    if (!std::regex_search(begin + (closing ? 2 : 1), page.end(), match, name, anchored))
      return "< at " + here;
    const std::string tag = match.str();
    at += (closing ? 2 : 1) + tag.size();
    if (closing) {
      if (open.empty() || open.back() != tag) return "closed but not open: " + here;
      open.pop_back();
      if (page[at] != '>') return "no > in " + here;
      ++at;
      continue;
    }
    std::set<std::string> names;
    while (std::regex_search(page.begin() + static_cast<std::ptrdiff_t>(at), page.end(), match, attribute,
                             anchored)) {
      if (!names.insert(match[1]).second) return "attribute twice in " + here;
      at += match.str().size();
    }
    if (page.compare(at, 2, "/>") == 0) {
      at += 2;
    } else if (page[at] == '>') {
      open.push_back(tag);
      ++at;
    } else {
      return "no > in " + here;
    }
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

}  // namespace trous
