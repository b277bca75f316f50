// Asks for the page again and changes what is different, and only that: focus and open details stay.
"use strict";

const EVERY = 1500; // milliseconds
const news = document.getElementById("news");

// Does something to a part of the page, and gives the focus back to what looks as before.
const keepFocus = (part, change) => {
  const focused = part.contains(document.activeElement) ? document.activeElement.outerHTML : null;
  const now = change();
  if (focused) [...now.querySelectorAll("a, button, summary")].find((found) => found.outerHTML === focused)?.focus({ preventScroll: true });
};

const marks = (item) => item.outerHTML.replace("<details open=\"\">", "<details>");

const replace = (old, item) => {
  if (old.querySelector("details[open]")) item.querySelector("details").open = true;
  old.replaceWith(item);
  return item;
};

const merge = (list, fresh) => {
  let added = 0;
  [...fresh.children].forEach((item, place) => {
    const old = document.getElementById(item.id);
    if (!old) {
      list.insertBefore(item, list.children[place] ?? null);
      added += 1;
    } else if (marks(old) !== marks(item)) {
      keepFocus(old, () => replace(old, item));
    }
  });
  return added;
};

const fill = (part, fresh) => {
  part.innerHTML = fresh.innerHTML;
  return part;
};

const look = async () => {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) throw Error("no page");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  let added = 0;
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (part.tagName === "OL") added += merge(part, fresh);
    else if (part.innerHTML !== fresh.innerHTML) keepFocus(part, () => fill(part, fresh));
  }
  if (added) news.textContent = `Live: ${added} new`;
  else if (news.textContent === "No answer") news.textContent = "Live";
};

const keepLooking = async () => {
  try {
    if (!document.hidden) await look();
  } catch {
    news.textContent = "No answer";
  }
  setTimeout(keepLooking, EVERY);
};

setTimeout(keepLooking, EVERY);
