// The frame of a page: one file that loads nothing.
#include <trous/run/report/html.h>
#include <trous/run/report/sections.h>

namespace trous::report {

std::string page(const std::string& title, const std::string& content) {
  // The policy makes a browser refuse what escaping might one day let through.
  const std::string head =
      "<meta charset=\"utf-8\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<link rel=\"icon\" href=\"data:,\"/>\n" +
      element("title", "", escaped(title)) + "\n" + element("style", "", stylesheet()) + "\n";
  return "<!DOCTYPE html>\n" +
         element("html", "lang=\"en\"",
                 "\n" + element("head", "", "\n" + head) + "\n" +
                     element("body", "", "\n" + element("main", "", content)) + "\n") +
         "\n";
}

}  // namespace trous::report
