// SPDX-License-Identifier: GPL-2.0-or-later
// Fetches the page again every two seconds, puts the new tables in the place of the old
// ones, and says beside each count how fast it grows. What is open stays open.
"use strict";

const PERIOD = 2000;
let counts = new Map();
let seen = 0;

function cells(root) {
	const found = new Map();
	for (const cell of root.querySelectorAll("[data-port] [data-count]")) {
		const port = cell.closest("[data-port]").dataset.port;
		found.set(port + " " + cell.dataset.count, cell);
	}
	return found;
}

function human(n) {
	const units = ["", " k", " M", " G", " T"];
	let i = 0;
	for (; n >= 1000 && i < units.length - 1; i++)
		n /= 1000;
	return n.toFixed(n < 10 && i ? 1 : 0) + units[i];
}

function rates(main, seconds) {
	const now = new Map();
	for (const [key, cell] of cells(main)) {
		const value = Number(cell.textContent);
		now.set(key, value);
		if (!counts.has(key) || value < counts.get(key) || seconds <= 0)
			continue;
		const rate = document.createElement("span");
		const octets = key.endsWith("_bytes");
		rate.className = "rate";
		rate.textContent = human((value - counts.get(key)) * (octets ? 8 : 1) / seconds)
			+ (octets ? "bit/s" : "/s");
		cell.append(rate);
	}
	counts = now;
}

function keep(from, to) {
	const open = new Set();
	for (const details of from.querySelectorAll("[data-port] details[open]"))
		open.add(details.closest("[data-port]").dataset.port);
	for (const details of to.querySelectorAll("[data-port] details"))
		details.open = open.has(details.closest("[data-port]").dataset.port);
}

function filter() {
	const word = document.querySelector("#filter input").value.toLowerCase();
	for (const row of document.querySelectorAll("[data-port]"))
		row.hidden = word !== "" && !row.textContent.toLowerCase().includes(word);
}

async function refresh() {
	const live = document.getElementById("live");
	try {
		const answer = await fetch(location.pathname, { cache: "no-store" });
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		const old = document.getElementById("main"), main = page.getElementById("main");
		if (!main)
			throw new Error(answer.statusText);
		const now = performance.now();
		keep(old, main);
		rates(main, seen ? (now - seen) / 1000 : 0);
		seen = now;
		const focused = old.contains(document.activeElement);
		if (!focused)
			old.replaceWith(document.adoptNode(main));
		filter();
		live.textContent = focused ? "held while the keyboard is in the tables" : "live";
	} catch (error) {
		live.textContent = "no answer: " + error.message;
	}
	setTimeout(refresh, PERIOD);
}

document.getElementById("filter").hidden = false;
document.querySelector("#filter input").addEventListener("input", filter);
rates(document.getElementById("main"), 0);
setTimeout(refresh, PERIOD);
