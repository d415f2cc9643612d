// SPDX-License-Identifier: GPL-2.0-or-later
// Fetches the page again every two seconds and changes what has changed, node by node:
// what is open stays open, and the keyboard stays where it is. Beside each count it says
// how fast it grows. Cockpit has no page at first: all of it comes from vifexportd's socket.
"use strict";

const PERIOD = 2000;
const LOAD = window.cockpit
	? () => window.cockpit.http(document.documentElement.dataset.socket,
		{ superuser: "try" }).get("/")
	: () => fetch(location.pathname, { cache: "no-store" }).then((answer) => answer.text());
let counts = new Map();
let seen = 0;
let timer = null;

function human(n) {
	const units = ["", " k", " M", " G", " T"];
	let i = 0;
	for (; n >= 1000 && i < units.length - 1; i++)
		n /= 1000;
	return n.toFixed(n < 10 && i ? 1 : 0) + units[i];
}

function rateText(name, perSecond) {
	return name.endsWith("_bytes") ? human(perSecond * 8) + "bit/s" : human(perSecond) + "/s";
}

// Rates by port and what is counted, of the counts in the page's tables.
function rates(main, seconds) {
	const now = new Map(), found = new Map();
	for (const cell of main.querySelectorAll("[data-port] [data-count]")) {
		const name = cell.dataset.count;
		const key = cell.closest("[data-port]").dataset.port + " " + name;
		const value = Number(cell.textContent), before = counts.get(key);
		now.set(key, value);
		if (before === undefined || value < before || seconds <= 0)
			continue;
		const rate = document.createElement("span");
		rate.className = "rate";
		rate.textContent = rateText(name, (value - before) / seconds);
		found.set(key, rate.textContent);
		cell.append(rate);
	}
	for (const mark of main.querySelectorAll("[data-port] [data-rate]")) {
		const port = mark.closest("[data-port]").dataset.port.replace(/ box$/, "");
		mark.textContent = found.get(port + " " + mark.dataset.rate) || "-";
	}
	counts = now;
}

function keyOf(node) {
	return node.nodeType === Node.ELEMENT_NODE ? node.dataset.port || node.id || "" : "";
}

function alike(a, b) {
	return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

function changeAttributes(old, now) {
	for (const { name } of [...old.attributes])
		if (!now.hasAttribute(name) && name !== "open" && name !== "hidden")
			old.removeAttribute(name);
	for (const { name, value } of now.attributes)
		if (old.getAttribute(name) !== value)
			old.setAttribute(name, value);
}

// Makes of what @old has what @now has; nodes with a key are the same whatever their place.
function change(old, now) {
	if (old.nodeType !== Node.ELEMENT_NODE) {
		if (old.data !== now.data)
			old.data = now.data;
		return;
	}
	changeAttributes(old, now);
	const known = new Map(), wanted = new Set();
	for (const child of old.childNodes)
		if (keyOf(child))
			known.set(keyOf(child), child);
	for (const child of now.childNodes)
		wanted.add(keyOf(child));
	let at = old.firstChild;
	for (const child of [...now.childNodes]) {
		while (at && keyOf(at) && !wanted.has(keyOf(at))) {
			const gone = at;
			at = at.nextSibling;
			gone.remove();
		}
		const same = keyOf(child) ? known.get(keyOf(child)) : at;
		if (!same || !alike(same, child)) {
			old.insertBefore(document.adoptNode(child), at);
			continue;
		}
		if (same === at)
			at = at.nextSibling;
		else
			old.insertBefore(same, at);
		change(same, child);
	}
	while (at) {
		const gone = at;
		at = at.nextSibling;
		gone.remove();
	}
}

function filter() {
	const word = document.querySelector("#filter input").value.toLowerCase();
	for (const row of document.querySelectorAll("tr[data-port]"))
		row.hidden = word !== "" && !row.textContent.toLowerCase().includes(word);
	for (const card of document.querySelectorAll("svg .card"))
		card.classList.toggle("dim", word !== "" &&
			!card.textContent.toLowerCase().includes(word));
}

function say(text) {
	const live = document.getElementById("live");
	if (live.textContent !== text)
		live.textContent = text;
}

async function load() {
	const page = new DOMParser().parseFromString(await LOAD(), "text/html");
	if (!page.getElementById("main"))
		throw new Error("what came is no page");
	return page;
}

async function refresh() {
	timer = null;
	try {
		const main = (await load()).getElementById("main");
		const now = performance.now();
		rates(main, seen ? (now - seen) / 1000 : 0);
		seen = now;
		change(document.getElementById("main"), main);
		filter();
		say(main.querySelector("[role=alert]") ? "no answer" : "live");
	} catch (error) {
		say("no answer: " + error.message);
	}
	if (!paused())
		timer = setTimeout(refresh, PERIOD);
}

function paused() {
	return document.getElementById("pause").getAttribute("aria-pressed") === "true";
}

function pause() {
	const now = !paused();
	document.getElementById("pause").setAttribute("aria-pressed", String(now));
	clearTimeout(timer);
	if (now)
		say("held");
	else
		refresh();
}

function begin() {
	document.getElementById("pause").hidden = false;
	document.getElementById("pause").addEventListener("click", pause);
	document.getElementById("filter").hidden = false;
	document.querySelector("#filter input").addEventListener("input", filter);
	rates(document.getElementById("main"), 0);
	seen = performance.now();
	timer = setTimeout(refresh, PERIOD);
}

async function beginEmpty() {
	try {
		document.body.replaceChildren(...(await load()).body.childNodes);
		begin();
	} catch (error) {
		say("no answer: " + error.message);
		setTimeout(beginEmpty, PERIOD);
	}
}

if (window.cockpit)
	beginEmpty();
else
	begin();
