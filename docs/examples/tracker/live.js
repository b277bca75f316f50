// Asks for the page again and replaces what has changed, and only that: focus and open details stay.
"use strict";

const EVERY = 1500; // milliseconds
const news = document.getElementById("news");

const marks = (node) => {
  const copy = node.cloneNode(true);
  for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
  return copy.outerHTML;
};

const replace = (old, now) => {
  const open = old.querySelector("details[open]");
  if (open) now.querySelector("details")?.setAttribute("open", "");
  old.replaceWith(now);
};

const merge = (list, now) => {
  let added = 0;
  [...now.children].forEach((item, place) => {
    const old = document.getElementById(item.id);
    if (!old) {
      list.insertBefore(item, list.children[place] ?? null);
      added += 1;
    } else if (marks(old) !== marks(item)) {
      replace(old, item);
    }
  });
  return added;
};

const look = async () => {
  const answer = await fetch(location.href, { cache: "no-store" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  let added = 0;
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (!now) continue;
    if (part.tagName === "OL") added += merge(part, now);
    else if (part.innerHTML !== now.innerHTML && !part.contains(document.activeElement)) part.innerHTML = now.innerHTML;
  }
  if (added) news.textContent = `Live: ${added} new`;
};

const keepLooking = async () => {
  try {
    if (!document.hidden) await look();
    if (news.textContent === "No answer") news.textContent = "Live";
  } catch {
    news.textContent = "No answer";
  }
  setTimeout(keepLooking, EVERY);
};

setTimeout(keepLooking, EVERY);
