// What the page of `flowzone report` does when it is clicked. page.css lists the classes and attributes that it relies on.
// Text from the data goes to textContent and setAttribute alone. ASCII, and no "</". SPDX-License-Identifier: MIT-0
'use strict';
{
  const data = JSON.parse(document.getElementById('data').textContent);
  const { join, times } = data, bins = times.length - 1;
  const pairs = data.pairs.map(([client, server, bytes, conversations], i) =>
    ({ client, server, bytes, conversations, series: data.series[i] }));
  const nbsp = '\u00a0';
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const each = (selector, action, root) => all(selector, root).forEach(action);
  const make = (tag, text, parent) => parent.appendChild(Object.assign(document.createElement(tag), { textContent: text }));
  const set = (element, attributes) => Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  const dim = (element, is) => element.classList.toggle('dim', is);
  const button = (text, parent, action) => Object.assign(make('button', text, parent), { onclick: action });

  // Numbers: three digits and a unit, as the program prints them; BigInt, since sums may pass 2^53. Other units are for tables: of words and
  // axes there is but what the program printed, and what stands beside them is to be compared.
  const units = [
    ['kB, MB', 1000n, 'B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'],
    ['KiB, MiB in tables', 1024n, 'B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'],
    ['bytes in tables', 1n, 'B'],
  ];
  let unit = 0;
  const group = n => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  function amount(bytes, scale = 0) {
    const [, step, ...names] = units[scale];
    let size = 1n, i = 0;
    const round = places => (20n * bytes * BigInt(10 ** places) / size + 10n) / 20n;
    for (; i < names.length - 1 && round(0) >= (i ? 1000n : step); i++) size *= step;
    const places = [2, 1, 0].find(n => !n || round(n) < 1000n);
    return [i ? (Number(round(places)) / 10 ** places).toFixed(places) : group(bytes), names[i]];
  }
  const words = (bytes, scale) => amount(bytes, scale).join(nbsp);
  function put(element, bytes) {
    const [digits, name] = amount(bytes, element.closest('table') ? unit : 0), part = element.querySelector('i, small');
    element.dataset.b = bytes;
    if (part) {
      element.firstChild.data = digits;
      part.textContent = nbsp + name;
    } else
      element.textContent = digits + (element.matches('.digits') ? name.replace('B', '') : nbsp + name);
  }
  const sum = (list, key = 'bytes') => list.reduce((n, item) => n + BigInt(item[key]), 0n);
  const part = (bytes, whole) => whole ? Number(bytes) / Number(whole) : 0;
  const share = (bytes, all = sum(pairs), n = Math.round(100 * part(bytes, all))) =>
    (bytes && !n ? '<1' : bytes < all && n > 99 ? '>99' : n) + nbsp + '%';

  // The choice: nothing, { zones }, or { clients, servers }; and its pairs. An element means a choice, and has its pairs.
  let choice = null, chosen = pairs;
  const numbers = text => text?.split(' ').map(Number);
  const ends = element => ({ clients: numbers(element.dataset.c), servers: numbers(element.dataset.s) });
  function meaning(element) {
    const own = ends(element);
    return element.matches('.node') ? { zones: own.clients || own.servers } : own;
  }
  const fits = ({ zones, clients, servers }) => pair => zones ? zones.includes(pair.client) || zones.includes(pair.server) :
    (!clients || clients.includes(pair.client)) && (!servers || servers.includes(pair.server));
  const of = (element, list = chosen) => list.filter(fits(ends(element)));
  const same = (a, b) => JSON.stringify(a) == JSON.stringify(b);
  const entries = row => data.services[row.dataset.service].filter(entry => chosen.includes(pairs[entry[0]]));
  function kept(row) {
    const { c, z, service } = row.dataset;
    if (!choice) return true;
    if (z) return Object.values(choice).flat().includes(+z);
    return !(c || service) || (c ? of(row) : entries(row)).length > 0;
  }

  // Bytes of some pairs, n bins in one; and steps of them as a path.
  function series(list, n = join) {
    const sums = Array(Math.ceil(bins / n)).fill(0);
    for (const pair of list)
      for (let i = 0; i < pair.series.length; i += 2) sums[Math.floor(pair.series[i] * join / n)] += Number(pair.series[i + 1]);
    return sums;
  }
  const steps = (sums, n, x, y, width, height, most) => `M${x} ${y + height}` + sums.map((bytes, i) =>
    `V${(y + height - height * bytes / (most || 1)).toFixed(1)}H${(x + width * Math.min(1, (i + 1) * n / bins)).toFixed(1)}`).join('');
  function scale(bar, part) {
    const width = bar.dataset.width ||= bar.getAttribute('width');
    set(bar, { width: choice ? Math.max(part ? 1 : 0, width * part) : width });
  }

  function drawNode(node) {
    const bytes = sum(of(node));
    dim(node, !of(node).length);
    each('[data-b]', element => put(element, bytes), node);
    each('.share', element => element.textContent = share(bytes), node);
    each('.bar', bar => scale(bar, part(bytes, sum(of(node, pairs)))), node);
  }
  function drawTime(chart) {
    const scrub = chart.querySelector('.scrub'), { dataset } = scrub, n = Math.max(join, dataset.join);
    const box = ['x', 'y', 'width', 'height'].map(key => +scrub.getAttribute(key));
    each('.band', band => dim(band, choice), chart);
    set(chart.querySelector('.over'), { d: choice ? steps(series(chosen, n), n, ...box, dataset.max * n / dataset.join) : '' });
  }
  function drawMultiple(item) {
    const sums = series(of(item)), most = Math.max(...sums), peak = item.querySelector('.peak'), shape = item.querySelector('path');
    const was = item.was ||= [peak.textContent, shape.getAttribute('d')], fine = choice || join < 2;
    peak.textContent = !fine ? was[0] : most ? `peak ${words(BigInt(most))} at ${times[sums.indexOf(most) * join]}` : 'nothing';
    set(shape, { d: fine ? steps(sums, join, 0, 4, 240, 46, most) + 'V50Z' : was[1] });
  }
  function drawService(row) {
    const bytes = sum(entries(row), 1);
    put(row.querySelector('.bytes'), bytes);
    each('.conversations, .packets', (cell, i) => cell.textContent = group(cell.dataset.v = sum(entries(row), i + 2)), row);
    each('.bars rect', bar => scale(bar, part(bytes, sum(data.services[row.dataset.service], 1))), row);
  }

  // Rows that the choice leaves out go; of the others the first ones stay, and the heading says what the rest holds.
  function fold(table) {
    const { fold, open } = table.dataset, foot = table.tFoot, rows = all('tbody tr', table), stay = rows.filter(kept);
    const rest = stay.filter((row, i) => i >= fold && !open && !row.matches('.flag'));
    const { length } = rest, among = choice && table.tBodies[0].dataset.chosen || '';
    rows.forEach(row => row.hidden = !stay.includes(row) || rest.includes(row));
    if (foot) foot.hidden = choice && table.querySelector('[data-c], [data-z], [data-service]');
    each('.more', more => {
      more.hidden = !length && !open;
      more.textContent = open ? `show ${fold}` : 'show all';
    }, table);
    each('.rest', text => {
      const cells = length && foot?.querySelector('[data-b]') && rest.map(row => row.querySelector('[data-b]').dataset);
      text.textContent = (length ? `${stay.length - length} of ${stay.length}` : among && stay.length) + among +
        (cells ? `; the other ${length} hold ${words(sum(cells, 'b'), unit)}` : '');
    }, table);
  }

  const bar = make('div', '', document.body), tip = make('div', '', document.body);
  set(bar, { id: 'selection', role: 'status' });
  set(tip, { id: 'tip', 'aria-hidden': true, hidden: '' });
  function draw() {
    const name = list => list.length > 2 ? `${list.length} zones` : list.map(i => data.zones[i]).join(', ');
    chosen = choice ? pairs.filter(fits(choice)) : pairs;
    toggle.textContent = 'units: ' + units[unit][0];
    each('[data-b]', element => put(element, BigInt(element.dataset.b)));
    each('.ribbon, .cell', element => dim(element, !of(element).length));
    each('.node', drawNode);
    each('[aria-pressed]', element => set(element, { 'aria-pressed': same(meaning(element), choice) }));
    if (data.series.length) {
      each('.time', drawTime);
      each('.multiples li', drawMultiple);
    }
    each('tr[data-service]', drawService);
    each('.total', element => put(element, sum(chosen)));
    each('table', fold);
    bar.hidden = !choice;
    bar.textContent = '';
    if (!choice) return;
    make('b', choice.zones ? name(choice.zones) : `${name(choice.clients)} \u2192 ${name(choice.servers)}`, bar);
    bar.append(`: ${words(sum(chosen))}, ${share(sum(chosen))} of all, in ${group(sum(chosen, 'conversations'))} conversations.`);
    button('show all (Esc)', bar, () => choose(null));
  }

  // The address says what is chosen: #zone=NAME,... or #pair=NAME,.../NAME,...
  function choose(next) {
    const names = list => list.map(i => encodeURIComponent(data.zones[i]));
    choice = same(next, choice) ? null : next;
    draw();
    history.replaceState(null, '', !choice ? location.href.split('#')[0] : choice.zones ? '#zone=' + names(choice.zones) :
      `#pair=${names(choice.clients)}/${names(choice.servers)}`);
  }
  function follow() {
    const [, kind, text = ''] = /^#(zone|pair)=(.*)/.exec(location.hash) || [];
    const find = name => {
      try {
        return data.zones.indexOf(decodeURIComponent(name));
      } catch {
        return -1;
      }
    };
    const [zones, servers] = text.split('/').map(list => list.split(',').map(find).filter(i => i >= 0));
    choice = !zones.length ? null : kind == 'zone' ? { zones } : servers?.length ? { clients: zones, servers } : null;
    draw();
  }

  each('svg * > title', title => {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  });

  // Drawings become groups of buttons: one tab stop for the zones, one for ribbons, one for cells; arrows move.
  each('svg[role=img]', svg => ['.node', '.ribbon', '.cell'].forEach(kind => {
    const buttons = all(kind, svg);
    if (buttons.length) set(svg, { role: 'group' });
    buttons.forEach((element, i) => {
      const { tip = '' } = element.dataset;
      set(element, { role: 'button', 'aria-pressed': false, tabindex: i ? -1 : 0 });
      set(element, kind == '.node' ? { 'aria-description': tip } : { 'aria-label': `${element.textContent} ${tip}` });
      element.onkeydown = event => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Enter: 0, ' ': 0 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        if (!by) return choose(meaning(element));
        element.tabIndex = -1;
        const next = buttons.at((i + by) % buttons.length);
        next.tabIndex = 0;
        next.focus();
      };
    });
  }));
  onclick = event => {
    const target = event.target.closest('.node, .ribbon, .cell');
    if (target) choose(meaning(target));
  };
  onkeydown = event => {
    if (event.key == 'Escape' && choice) choose(null);
  };

  // Shown beside the pointer at once: what was in titles, and the sum of a bin.
  onpointermove = event => {
    const target = event.target.closest('[data-tip], .scrub'), { clientX, clientY } = event;
    let text = target?.dataset.tip;
    if (target && !text && data.series.length) {
      const { left, width } = target.getBoundingClientRect();
      const sums = series(chosen), i = Math.max(0, Math.min(sums.length - 1, Math.floor((clientX - left) / width * bins / join)));
      text = `${times[i * join]} to ${times[Math.min(bins, i * join + join)]}: ${words(BigInt(sums[i]))}`;
    }
    tip.hidden = !text;
    tip.textContent = text;
    const x = Math.max(4, Math.min(innerWidth - tip.offsetWidth - 8, clientX + 14)), below = clientY + 18;
    const y = below + tip.offsetHeight < innerHeight ? below : clientY - tip.offsetHeight - 10;
    tip.style.transform = `translate(${x}px, ${y}px)`;
  };

  // Tables: sort, show all, copy.
  function copier(title, parent, text) {
    const element = button(title, parent, async () => {
      try {
        await navigator.clipboard.writeText(text());
      } catch {
        const area = make('textarea', text(), document.body);
        area.select();
        document.execCommand('copy');
        area.remove();
      }
      element.textContent = 'copied';
      setTimeout(() => element.textContent = title, 1500);
    });
  }
  const exact = cell => cell.dataset.b ?? cell.dataset.v;
  // A text that a spreadsheet would compute gets an apostrophe.
  function field(cell) {
    const text = exact(cell) ?? cell.textContent.trim().replace(/^[=+@-]/, "'$&");
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  }
  function csv(table) {
    const heads = table.tHead.rows[0].cells, rows = [table.tHead.rows[0], ...all('tbody tr', table).filter(kept)];
    return rows.map(row => [...row.cells].filter((cell, i) => heads[i].textContent).map(field).join(',') + '\n').join('');
  }
  const { compare } = new Intl.Collator('en', { numeric: true });
  function sort(table, head) {
    const body = table.tBodies[0], rows = [...body.rows], cell = row => row.cells[head.cellIndex];
    const number = rows.some(row => exact(cell(row))), was = head.getAttribute('aria-sort'), up = was ? was != 'ascending' : !number;
    const value = row => number ? exact(cell(row)) || 0 : cell(row).textContent;
    each('[aria-sort]', other => other.removeAttribute('aria-sort'), table);
    set(head, { 'aria-sort': up ? 'ascending' : 'descending' });
    body.append(...rows.sort((a, b) => (up ? 1 : -1) * (number ? value(a) - value(b) : compare(value(a), value(b)))));
    fold(table);
  }
  each('table', table => {
    each('thead th', head => {
      const title = head.textContent;
      head.textContent = '';
      if (title) button(title, head, () => sort(table, head));
    }, table);
    if (!table.caption) return;
    copier('copy as CSV', table.caption, () => csv(table));
    make('span', '', table.caption).className = 'rest';
    button('', table.caption, () => {
      table.dataset.open = table.dataset.open ? '' : 1;
      fold(table);
    }).className = 'more';
  });
  each('.command', command => copier('copy', command, () => command.querySelector('code').textContent));

  const toggle = button('', document.querySelector('header .kicker'), () => {
    unit = (unit + 1) % units.length;
    draw();
  });
  toggle.id = 'units';
  // Paper cannot take a choice back: it shows all.
  onbeforeprint = () => {
    choice = null;
    draw();
  };
  onhashchange = onafterprint = follow;
  each('[data-hint]', hint => hint.hidden = false);
  document.body.classList.add('scripted');
  follow();
}
