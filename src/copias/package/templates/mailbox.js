"use strict";
(function () {
  const TALLEST = 8e6; // pixels: browsers draw nothing below some 16 million
  const PRINTED = 1000;
  const OFFSET = -5 * 3600; // Colombia's time, as in the names of the files
  const MARKS = /[\u0300-\u036f]/g;

  const byId = function (id) { return document.getElementById(id); };
  const dates = [], senders = [], recipients = [], labelSets = [], sizes = [], gone = [], parts = [];
  const subjects = [], files = [];
  const lists = { people: [], labels: [], sets: [] };
  const form = byId("busqueda"), scroller = byId("lista"), shelf = byId("estante"), status = byId("resultado");
  const pool = [];
  let plainPeople, plainSubjects, found = [], rowHeight = 56, timer = 0;

  function plain(text) {
    return text.normalize("NFD").replace(MARKS, "").toLowerCase();
  }

  function number(value) {
    return String(value).replace(/\B(?=(\d{3})+$)/g, ".");
  }

  function two(value) {
    return (value < 10 ? "0" : "") + value;
  }

  function local(row) {
    return new Date((dates[row] + OFFSET) * 1000);
  }

  function day(moment) {
    return two(moment.getUTCDate()) + "/" + two(moment.getUTCMonth() + 1) + "/" + moment.getUTCFullYear();
  }

  function clock(moment) {
    return two(moment.getUTCHours()) + ":" + two(moment.getUTCMinutes());
  }

  function path(row) {
    const at = local(row), year = at.getUTCFullYear(), month = two(at.getUTCMonth() + 1);
    const stamp = year + month + two(at.getUTCDate()) + "-" + two(at.getUTCHours()) + two(at.getUTCMinutes()) +
      two(at.getUTCSeconds());
    return year + "/" + month + "/" + encodeURIComponent(stamp + "-" + files[row] + ".eml");
  }

  function labelsOf(row) {
    return lists.sets[labelSets[row]].map(function (place) { return lists.labels[place]; });
  }

  function size(bytes) {
    if (bytes < 1000) { return bytes + " B"; }
    if (bytes < 1e6) { return Math.round(bytes / 1000) + " kB"; }
    return (bytes / 1e6).toFixed(1).replace(".", ",") + " MB";
  }

  // Reading ------------------------------------------------------------------------------------------------------

  function readLists() {
    Array.prototype.forEach.call(document.querySelectorAll("script.personas"), function (block) {
      JSON.parse(block.textContent).forEach(function (person) { lists.people.push(person); });
    });
    const labels = JSON.parse(byId("etiquetas").textContent);
    lists.labels = labels.names;
    lists.sets = labels.sets;
    plainPeople = lists.people.map(plain);
  }

  function readRows(block) {
    const columns = JSON.parse(block.textContent);
    let moment = 0;
    columns.dates.forEach(function (step, place) {
      moment = place ? moment - step : step;
      dates.push(moment);
      senders.push(columns.senders[place]);
      recipients.push(columns.recipients[place]);
      labelSets.push(columns.labels[place]);
      sizes.push(columns.sizes[place]);
      subjects.push(columns.subjects[place]);
      files.push(columns.files[place]);
      parts.push(columns.parts ? columns.parts[place] : 1);
    });
    const first = dates.length - columns.dates.length;
    columns.gone.forEach(function (place) { gone[first + place] = true; });
    block.remove();
  }

  // Blocks are read a few at a time, so that the page answers meanwhile.
  function readBlocks(blocks, next) {
    const until = Date.now() + 30;
    while (next < blocks.length && Date.now() < until) { readRows(blocks[next]); next += 1; }
    status.textContent = "Leyendo… " + number(dates.length) + " mensajes";
    if (next < blocks.length) { setTimeout(readBlocks, 0, blocks, next); return; }
    plainSubjects = subjects.map(plain);
    fillLabels();
    form.hidden = false;
    search();
  }

  function fillLabels() {
    const options = lists.labels.map(function (name, place) { return { name: name, place: place }; });
    options.sort(function (one, other) { return one.name.localeCompare(other.name, "es"); });
    options.forEach(function (option) { byId("etiqueta").add(new Option(option.name, option.place)); });
  }

  // Searching ----------------------------------------------------------------------------------------------------

  // A date field gives aaaa-mm-dd; a browser that has none lets people write dd/mm/aaaa.
  function readDay(text, fallback) {
    const iso = /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(text.trim()), ours = /^(\d\d?)\/(\d\d?)\/(\d{4})$/.exec(text.trim());
    if (iso) { return Date.UTC(+iso[1], +iso[2] - 1, +iso[3]) / 1000 - OFFSET; }
    if (ours) { return Date.UTC(+ours[3], +ours[2] - 1, +ours[1]) / 1000 - OFFSET; }
    return fallback;
  }

  function peopleWith(text) {
    const wanted = plain(text.trim());
    return wanted && plainPeople.map(function (person) { return person.indexOf(wanted) >= 0; });
  }

  function setsWith(value) {
    return value && lists.sets.map(function (set) { return set.indexOf(+value) >= 0; });
  }

  function search() {
    const from = peopleWith(byId("remitente").value), to = peopleWith(byId("destinatario").value);
    const subject = plain(byId("asunto").value.trim()), sets = setsWith(byId("etiqueta").value);
    const since = readDay(byId("desde").value, -Infinity), until = readDay(byId("hasta").value, Infinity) + 86400;
    found = [];
    for (let row = 0; row < dates.length; row += 1) {
      if (dates[row] >= since && dates[row] < until && (!from || from[senders[row]]) && (!to || to[recipients[row]]) &&
          (!sets || sets[labelSets[row]]) && (!subject || plainSubjects[row].indexOf(subject) >= 0)) {
        found.push(row);
      }
    }
    if (byId("orden").value === "antiguos") { found.reverse(); }
    status.textContent = number(found.length) + " de " + number(dates.length) + " mensajes";
    scroller.scrollTop = 0;
    draw();
  }

  function searchSoon() {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  }

  // Showing ------------------------------------------------------------------------------------------------------

  function view() {
    const full = found.length * rowHeight, height = Math.min(full, TALLEST), seen = scroller.clientHeight;
    const top = height < full ? scroller.scrollTop / (height - seen) * (full - seen) : scroller.scrollTop;
    return { height: height, seen: seen, top: top, shift: scroller.scrollTop - top };
  }

  function draw() {
    rowHeight = parseInt(getComputedStyle(shelf).getPropertyValue("line-height"), 10) || 56;
    const now = view(), first = Math.max(0, Math.floor(now.top / rowHeight) - 4);
    const count = Math.ceil(now.seen / rowHeight) + 9;
    shelf.style.height = now.height + "px";
    while (pool.length < count) { pool.push(newRow()); }
    pool.forEach(function (item) { item.used = false; });
    for (let place = first; place < Math.min(found.length, first + count); place += 1) {
      fill(pool[place % pool.length], place, place * rowHeight + now.shift);
    }
    pool.forEach(function (item) { item.node.hidden = !item.used; });
  }

  function element(name, parent, className) {
    const node = parent.appendChild(document.createElement(name));
    node.className = className || "";
    return node;
  }

  function newRow() {
    const node = element("li", shelf), link = element("a", node);
    const item = { node: node, link: link, row: -1, used: false };
    item.subject = element("span", link, "asunto");
    item.when = element("span", link, "fecha");
    item.who = element("span", link, "quien");
    item.notes = element("span", link, "notas");
    return item;
  }

  function fill(item, place, top) {
    const row = found[place];
    item.used = true;
    item.place = place;
    item.node.style.transform = "translateY(" + top + "px)";
    item.node.setAttribute("aria-posinset", place + 1);
    item.node.setAttribute("aria-setsize", found.length);
    if (item.row === row) { return; }
    item.row = row;
    const at = local(row);
    item.link.href = path(row);
    item.link.title = files[row] + ".eml";
    item.subject.textContent = subjects[row] || "(sin asunto)";
    item.when.textContent = day(at) + " " + clock(at);
    item.who.textContent = (lists.people[senders[row]] || "(sin remitente)") + " → " + lists.people[recipients[row]];
    item.notes.textContent = notes(row);
  }

  function notes(row) {
    const said = [labelsOf(row).join(", "), size(sizes[row])];
    if (gone[row]) { said.push("ya borrado en el buzón"); }
    if (parts[row] > 1) { said.push("parte " + parts[row]); }
    return said.filter(Boolean).join(" · ");
  }

  // Arrows go from one message to the next; Enter opens it, as any link.
  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, Down: 1, Up: -1 }[event.key];
    const item = pool.filter(function (one) { return one.used && one.link === document.activeElement; })[0];
    if (!step || !found.length) { return; }
    event.preventDefault();
    const place = item ? Math.max(0, Math.min(found.length - 1, item.place + step)) : Math.ceil(view().top / rowHeight);
    reveal(place);
    pool[place % pool.length].link.focus({ preventScroll: true });
  }

  function reveal(place) {
    const now = view(), top = place * rowHeight, span = found.length * rowHeight - now.seen;
    let target = now.top;
    if (top < now.top) { target = top; }
    if (top + rowHeight > now.top + now.seen) { target = top + rowHeight - now.seen; }
    if (target !== now.top) {
      scroller.scrollTop = now.height < found.length * rowHeight ? target / span * (now.height - now.seen) : target;
    }
    draw();
  }

  // Printing -----------------------------------------------------------------------------------------------------

  function print() {
    const body = byId("impresos");
    body.textContent = "";
    found.slice(0, PRINTED).forEach(function (row) {
      const line = element("tr", body), at = local(row);
      [day(at) + " " + clock(at), lists.people[senders[row]], lists.people[recipients[row]], subjects[row],
        notes(row)].forEach(function (text) { element("td", line).textContent = text; });
    });
    byId("impresos-nota").textContent = number(Math.min(found.length, PRINTED)) + " de " + number(found.length) +
      " mensajes encontrados. La lista completa está en indice.csv.";
  }

  readLists();
  form.addEventListener("input", searchSoon);
  form.addEventListener("change", searchSoon);
  form.addEventListener("reset", searchSoon);
  form.addEventListener("submit", function (event) { event.preventDefault(); search(); });
  scroller.addEventListener("scroll", draw);
  scroller.addEventListener("keydown", move);
  window.addEventListener("resize", draw);
  window.addEventListener("beforeprint", print);
  readBlocks(Array.prototype.slice.call(document.querySelectorAll("script.mensajes")), 0);
}());
