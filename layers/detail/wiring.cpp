#include <algorithm>
#include <map>

#include <trous/core/error.h>
#include <trous/core/suggestion.h>
#include <trous/core/utf8.h>
#include <trous/layers/detail/wiring.h>

namespace trous::detail {
namespace {

using Places = std::vector<std::size_t>;

// Reads names and reports their faults.
class Wirer {
 public:
  Wirer(std::string_view op, std::string_view prefix, GraphNames& names)
      : op_(op), prefix_(prefix), names_(names) {}

  Wiring run() {
    if (names_.nodes.empty()) fail("nodes", "there is none. Give one node or more.");
    if (names_.inputs.empty()) fail("inputs", "there is none. Name what the graph takes, such as \"input\".");
    fill_in();
    for (std::size_t i = 0; i < names_.inputs.size(); ++i) add(text("inputs[", i, ']'), names_.inputs[i]);
    for (const GraphNames::Node& node : names_.nodes) add("nodes." + node.name, node.name);
    for (const GraphNames::Node& node : names_.nodes)
      reads_.push_back(places("nodes." + node.name + '.', node.inputs));
    const Places outputs = output_places();
    Wiring result = ordered(outputs);
    find_idle(outputs);
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& place, const std::string& fact) const {
    throw ArgumentError(text(op_, ": ", prefix_, place, ": ", fact));
  }

  void fill_in() {
    const std::string* before = &names_.inputs.front();
    for (GraphNames::Node& node : names_.nodes) {
      if (node.inputs.empty()) node.inputs = {*before};
      before = &node.name;
    }
    if (names_.outputs.empty()) names_.outputs = {names_.nodes.back().name};
  }

  void add(const std::string& place, const std::string& name) {
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), allowed)) {
      fail(escaped_bytes(place),
           text('"', escaped_bytes(name), "\" is no name of a value. Use letters, digits, '_' and '-'."));
    }
    if (!places_.try_emplace(name, places_.size()).second)
      fail(place, text("there are two values called \"", name, "\". Give each a name of its own."));
    all_.push_back(name);
  }

  Places places(const std::string& prefix, const std::vector<std::string>& wanted) const {
    Places result;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto found = places_.find(wanted[i]);
      if (found == places_.end())
        fail(text(prefix, "inputs[", i, ']'),
             text("there is no \"", escaped_bytes(wanted[i]), "\".", suggestion(wanted[i], all_)));
      result.push_back(found->second);
    }
    return result;
  }

  Places output_places() const {
    Places result;
    for (std::size_t i = 0; i < names_.outputs.size(); ++i) {
      const std::string& name = names_.outputs[i];
      const auto found = places_.find(name);
      if (found == places_.end() || found->second < names_.inputs.size())
        fail(text("outputs[", i, ']'),
             text("there is no node \"", escaped_bytes(name), "\".",
                  suggestion(name, {all_.begin() + std::ssize(names_.inputs), all_.end()})));
      if (std::find(result.begin(), result.end(), found->second) != result.end())
        fail(text("outputs[", i, ']'), text('"', name, "\" is an output already. Name it once."));
      result.push_back(found->second);
    }
    return result;
  }

  // Values that no output depends on.
  void find_idle(const Places& outputs) const {
    std::vector<bool> needed(places_.size(), false);
    Places open = outputs;
    while (!open.empty()) {
      const std::size_t place = open.back();
      open.pop_back();
      if (needed[place]) continue;
      needed[place] = true;
      if (place < names_.inputs.size()) continue;
      const Places& more = reads_[place - names_.inputs.size()];
      open.insert(open.end(), more.begin(), more.end());
    }
    for (std::size_t place = 0; place < needed.size(); ++place) {
      if (needed[place]) continue;
      const bool is_input = place < names_.inputs.size();
      fail(is_input ? text("inputs[", place, ']') : "nodes." + all_[place],
           text("no output depends on ", is_input ? '"' + all_[place] + '"' : std::string("it"),
                ". Let a node that leads to an output read it, or remove it."));
    }
  }

  Wiring ordered(const Places& outputs) {
    const std::size_t inputs = names_.inputs.size(), nodes = names_.nodes.size();
    Wiring result;
    std::vector<std::size_t> place_of(inputs + nodes);  // in the order of running
    for (std::size_t i = 0; i < inputs; ++i) place_of[i] = i;
    enum class State { waiting, open, done };
    std::vector<State> states(nodes, State::waiting);
    Places path;  // nodes that wait for each other
    // Depth first, without recursion: a chain may have thousands of nodes.
    for (std::size_t first = 0; first < nodes; ++first) {
      path.push_back(first);
      while (!path.empty()) {
        const std::size_t node = path.back();
        if (states[node] == State::done) {
          path.pop_back();
          continue;
        }
        states[node] = State::open;
        const Places& reads = reads_[node];
        const auto next = std::find_if(reads.begin(), reads.end(), [&](std::size_t place) {
          return place >= inputs && states[place - inputs] != State::done;
        });
        if (next != reads.end()) {
          if (states[*next - inputs] == State::open) cycle(path, *next - inputs);
          path.push_back(*next - inputs);
          continue;
        }
        states[node] = State::done;
        path.pop_back();
        place_of[inputs + node] = inputs + result.order.size();
        result.order.push_back(node);
      }
    }
    for (const std::size_t node : result.order) {
      Places& reads = result.reads.emplace_back(reads_[node]);
      for (std::size_t& place : reads) place = place_of[place];
    }
    for (const std::size_t place : outputs) result.outputs.push_back(place_of[place]);
    return result;
  }

  [[noreturn]] void cycle(const Places& path, std::size_t again) const {
    std::string list;
    for (auto node = std::find(path.begin(), path.end(), again); node != path.end(); ++node)
      list += names_.nodes[*node].name + " reads ";
    const std::string& name = names_.nodes[again].name;
    fail("nodes." + name,
         text("the nodes form a cycle: ", list, name, ". Let one of them read something earlier."));
  }

  std::string_view op_, prefix_;
  GraphNames& names_;
  std::map<std::string, std::size_t> places_;
  std::vector<std::string> all_;
  std::vector<Places> reads_;
};

}  // namespace

Wiring wired(std::string_view op, std::string_view prefix, GraphNames& names) {
  return Wirer(op, prefix, names).run();
}

}  // namespace trous::detail
