// Runs the script of a mailbox's index.html with just enough of a browser, does what a person would, prints what is seen.
const fs = require("fs");
const html = fs.readFileSync(process.argv[2], "utf8");
const blocks = [...html.matchAll(/<script type="application\/json" (class|id)="(\w+)">([\s\S]*?)<\/script>/g)].map(
  (found) => ({ kind: found[1], name: found[2], textContent: found[3], remove() {} }),
);

class Node {
  constructor() {
    Object.assign(this, { children: [], style: {}, attributes: {}, listeners: {}, value: "", scrollTop: 0, clientHeight: 560 });
  }
  appendChild(child) { this.children.push(child); child.parent = this; return child; }
  add(option) { this.children.push(option); }
  setAttribute(name, value) { this.attributes[name] = value; }
  addEventListener(name, listener) { this.listeners[name] = listener; }
  focus() { document.activeElement = this; }
}

const nodes = {};
global.document = {
  activeElement: null,
  createElement: () => new Node(),
  getElementById: (id) => blocks.find((block) => block.kind === "id" && block.name === id) || (nodes[id] = nodes[id] || new Node()),
  querySelectorAll: (selector) => blocks.filter((block) => block.kind === "class" && `script.${block.name}` === selector),
};
global.window = { addEventListener(name, listener) { this[name] = listener; } };
global.getComputedStyle = () => ({ getPropertyValue: () => "56px" });
global.Option = function (text, value) { Object.assign(this, { text, value }); };

function rows() {
  const shown = nodes.estante.children.filter((node) => !node.hidden);
  shown.sort((one, other) => one.attributes["aria-posinset"] - other.attributes["aria-posinset"]);
  return shown.map((node) => [decodeURIComponent(node.children[0].href), ...node.children[0].children.map((span) => span.textContent)]);
}

function search(fields) {
  for (const id of ["remitente", "destinatario", "asunto", "desde", "hasta", "etiqueta", "orden"]) {
    document.getElementById(id).value = fields[id] || "";
  }
  if (fields.etiqueta) {
    nodes.etiqueta.value = String(nodes.etiqueta.children.find((option) => option.text === fields.etiqueta).value);
  }
  nodes.busqueda.listeners.submit({ preventDefault() {} });
  return { said: nodes.resultado.textContent, rows: rows() };
}

(0, eval)(html.slice(html.lastIndexOf("<script>") + 8, html.lastIndexOf("</script>")));
(function wait() {
  if (!/ de /.test(nodes.resultado.textContent)) { setTimeout(wait, 5); return; }
  const results = JSON.parse(process.argv[3]).map(search);
  for (let step = 0; step < 3; step += 1) { nodes.lista.listeners.keydown({ key: "ArrowDown", preventDefault() {} }); }
  const focused = document.activeElement && document.activeElement.parent.attributes["aria-posinset"];
  window.beforeprint();
  console.log(JSON.stringify({ results, focused, printed: nodes.impresos.children.length }));
})();
