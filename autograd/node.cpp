#include <algorithm>
#include <atomic>

#include <trous/autograd/node.h>

namespace trous {
namespace {

std::atomic<std::uint64_t> next_serial{1};

// Destroying a node may release the last handle of its inputs, and so on down the chain. Every release only
// queues the node; the outermost release empties the queue. The queue is an intrusive list, since it must
// outlive every other thread-local and static object that holds a Variable.
thread_local Node* release_queue = nullptr;
thread_local bool is_releasing = false;

void release(Node* node) {
  node->next_to_release = release_queue;
  release_queue = node;
  if (is_releasing) return;
  is_releasing = true;
  while (release_queue) {
    Node* const next = release_queue;
    release_queue = next->next_to_release;
    delete next;
  }
  is_releasing = false;
}

}  // namespace

NodePtr make_node(Op op, const Shape& shape, DType dtype, bool tracked) {
  auto* node = new Node{.op = std::move(op),
                        .serial = next_serial++,
                        .shape = shape,
                        .dtype = dtype,
                        .tracked = tracked,
                        .inputs = {},
                        .output = {},
                        .kept = {},
                        .forward = {},
                        .rules = {},
                        .remake = {}};
  return {node, release};
}

std::vector<NodePtr> nodes_under(const std::vector<Variable>& roots, std::uint64_t oldest) {
  const auto older = [](const NodePtr* a, const NodePtr* b) { return (*a)->serial < (*b)->serial; };
  std::vector<const NodePtr*> open;  // a heap: the youngest in front
  const auto push = [&](const NodePtr& node) {
    if (!node || node->serial < oldest) return;
    open.push_back(&node);
    std::push_heap(open.begin(), open.end(), older);
  };
  std::vector<NodePtr> found;
  for (const Variable& root : roots) push(root.node());
  while (!open.empty()) {
    std::pop_heap(open.begin(), open.end(), older);
    const NodePtr& node = *open.back();
    open.pop_back();
    // All that consume a node are younger, so by now each has pushed it: what is equal comes in a row.
    if (!found.empty() && found.back() == node) continue;
    found.push_back(node);
    for (const Node::Input& input : node->inputs) push(input.node);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace trous
