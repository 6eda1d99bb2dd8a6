/// The one script: times in the reader's zone, and following the daemon.
enum Script {
    static let text = #"""
        // conductord's page reads well without this. With it, times are in the reader's zone, and the page
        // follows the daemon; when it loses touch, it says so and claims nothing.
        (() => {
          "use strict";
          const root = document.documentElement;
          const $ = (id) => document.getElementById(id);
          const moment = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short",
            hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
          const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
          // What the daemon's clock says, as far as the last tick told it.
          let ahead = 0;
          const now = () => Date.now() + ahead;

          const length = (milliseconds) => {
            const units = [["d", 864e5], ["h", 36e5], ["min", 6e4], ["s", 1e3]];
            let rest = Math.max(0, milliseconds);
            const place = units.findIndex(([, size]) => rest >= size);
            if (place < 0) return "0 s";
            const count = Math.floor(rest / units[place][1]);
            let text = `${count} ${units[place][0]}`;
            const next = units[place + 1];
            if (next && next[0] !== "s") {
              const more = Math.floor((rest - count * units[place][1]) / next[1]);
              if (more > 0) text += ` ${more} ${next[0]}`;
            }
            return text;
          };

          const isPast = !document.body.dataset.live;
          const tell = (element) => {
            const time = new Date(element.dateTime);
            if (isNaN(time)) return;
            element.title = `${exact.format(time)} (${element.dateTime})`;
            if (element.classList.contains("age") && !isPast) {
              element.textContent = `for ${length(now() - time)}`;
            } else if (element.classList.contains("ago") && !isPast) {
              element.textContent = `${length(now() - time)} ago`;
            } else if (element.classList.contains("ago")) {
              return;
            } else {
              element.textContent = moment.format(time);
            }
          };
          const tellAll = (within) => within.querySelectorAll("time[datetime]").forEach(tell);
          tellAll(document);
          setInterval(() => document.querySelectorAll("time.age, time.ago").forEach(tell), 20000);

          const filter = $("filter");
          const follow = (form) => form && form.addEventListener("change", (event) => {
            if (event.target.tagName === "SELECT") form.submit();
          });
          follow(filter);

          // --- Travelling in time ---------------------------------------------------------------------
          // The moments at which something happened to this track, oldest first, each a second later: what came of it is decided.
          let moments = [];
          const load = async (address) => {
            const found = new Set();
            for (let part = 0; address && part < 20; part += 1) {
              const answer = await fetch(address, { credentials: "same-origin" });
              if (!answer.ok) return;
              for (const event of (await answer.json()).events) found.add(Date.parse(event.at) + 1000);
              const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "");
              address = next && next[1];
            }
            moments = [...found].filter((time) => !isNaN(time)).sort((left, right) => left - right);
          };
          const slide = (form) => {
            if (!form || moments.length < 2 || form.querySelector("[type=range]")) return;
            const field = form.elements.at;
            const shown = Date.parse(field.getAttribute("value"));
            const place = moments.findLastIndex((time) => time <= shown);
            const slider = document.createElement("input");
            for (const [name, value] of Object.entries({ type: "range", min: 0, max: moments.length - 1,
              value: Math.max(0, place), "aria-label": "Moments at which something happened" })) {
              slider.setAttribute(name, value);
            }
            slider.addEventListener("input", () => {
              const time = new Date(moments[slider.value]);
              field.value = time.toISOString();
              slider.setAttribute("aria-valuetext", moment.format(time));
            });
            slider.addEventListener("change", () => form.submit());
            form.append(slider);
          };
          const travel = document.querySelector("form.travel");
          if (travel) load(travel.dataset.timeline).then(() => slide(document.querySelector("form.travel")), () => {});

          if (isPast) return;

          // --- Following the daemon -------------------------------------------------------------------
          const lostAfter = 12000;
          const words = "Lost touch with the conductor: what stands here was so, and may be so no more.";
          let heard = Date.now();
          let tag = null;
          let isLate = root.classList.contains("late");

          const say = () => {
            const isLost = Date.now() - heard > lostAfter;
            root.classList.toggle("lost", isLost);
            root.classList.toggle("late", isLate);
            const banner = $("lost");
            const text = isLost ? words : isLate
              ? "The conductor has not decided for too long: what stands here was so, and may be so no more."
              : "";
            if (banner && banner.textContent !== text) {
              banner.textContent = text;
              banner.hidden = !text;
            }
            return isLost;
          };
          setInterval(say, 1000);

          const asOf = (at) => {
            if (!at) return;
            ahead = Date.parse(at) - Date.now();
            // Clocks that agree within seconds are one clock.
            if (Math.abs(ahead) < 10000) ahead = 0;
            const line = $("link");
            line.textContent = "As of ";
            const time = document.createElement("time");
            time.dateTime = at;
            line.append(time);
            tell(time);
          };

          // Takes over from a newer page what differs, and leaves the rest, with focus and open parts, alone.
          const key = (element) => element.id || null;
          const openKey = (details, place) => details.querySelector("summary b")?.textContent ?? String(place);
          const take = (old, fresh) => {
            if (old.isEqualNode(fresh)) return;
            const sameParts = old.tagName === fresh.tagName && old.children.length === fresh.children.length
              && old.children.length > 0
              && [...old.children].every((child, place) => key(child) && key(child) === key(fresh.children[place]));
            const isFrame = ["MAIN", "UL", "SECTION"].includes(old.tagName);
            if (isFrame && sameParts && old.id === fresh.id) {
              [...old.children].forEach((child, place) => take(child, fresh.children[place]));
              return;
            }
            const open = new Map();
            old.querySelectorAll("details").forEach((part, place) => open.set(openKey(part, place), part.open));
            const focus = document.activeElement && old.contains(document.activeElement)
              ? document.activeElement : null;
            const path = focus && (focus.id || focus.getAttribute("href") || focus.name);
            fresh.querySelectorAll("details").forEach((part, place) => {
              const was = open.get(openKey(part, place));
              if (was !== undefined) part.open = was;
            });
            const typed = focus && "value" in focus ? focus.value : null;
            if (old.id && old.classList.contains("track")) fresh.classList.add("fresh");
            old.replaceWith(fresh);
            follow(fresh.id === "filter" ? fresh : fresh.querySelector("#filter"));
            if (path) {
              const again = [...fresh.querySelectorAll("a, button, input, select, summary, [tabindex]")]
                .find((one) => [one.id, one.getAttribute("href"), one.name].includes(path));
              if (again) {
                again.focus({ preventScroll: true });
                if (typed !== null && "value" in again) again.value = typed;
              }
            }
          };

          let isFetching = false;
          let isWanted = false;
          const refresh = async () => {
            if (isFetching) { isWanted = true; return; }
            isFetching = true;
            try {
              const headers = tag ? { "If-None-Match": tag } : {};
              const answer = await fetch(location.href, { headers, cache: "no-store", credentials: "same-origin" });
              if (answer.status === 200) {
                tag = answer.headers.get("ETag");
                const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                const fresh = page.getElementById("main");
                if (fresh) {
                  tellAll(fresh);
                  slide(fresh.querySelector("form.travel"));
                  isLate = page.documentElement.classList.contains("late");
                  const banner = fresh.querySelector("#lost");
                  const current = $("lost");
                  if (banner && current) banner.replaceWith(current.cloneNode(true));
                  const old = $("main");
                  const parts = [...old.children];
                  const others = [...fresh.children];
                  const isSame = parts.length === others.length
                    && parts.every((part, place) => part.tagName === others[place].tagName && part.id === others[place].id);
                  if (isSame) parts.forEach((part, place) => take(part, others[place]));
                  else old.replaceChildren(...others);
                  asOf(page.body.dataset.at);
                }
              }
            } catch {
              // Said by the silence of the event stream, in time.
            } finally {
              isFetching = false;
              if (isWanted) { isWanted = false; refresh(); }
            }
          };

          let stream = null;
          // What the page shows; all that came after it is news.
          let last = document.body.dataset.tick;
          let patience = 1000;
          const listen = () => {
            stream = new EventSource(`${document.body.dataset.live}?after=${last}`);
            const hear = (event) => {
              const wasLost = say();
              heard = Date.now();
              patience = 1000;
              try {
                const news = JSON.parse(event.data);
                if (typeof news.late === "boolean") isLate = news.late;
                if (news.at) asOf(news.at);
                if (Number.isInteger(news.tick)) last = news.tick;
              } catch { /* A beat without news is a beat. */ }
              say();
              if (wasLost || event.type === "change" || event.type === "reset") refresh();
            };
            for (const name of ["hello", "beat", "tick", "change", "reset"]) stream.addEventListener(name, hear);
            stream.onerror = () => {
              // A refusal ends a stream for good; a broken line does not.
              if (stream.readyState !== EventSource.CLOSED) return;
              stream.close();
              setTimeout(listen, patience);
              patience = Math.min(patience * 2, 30000);
            };
          };
          listen();
          // A page that is left keeps no line open: a browser has few, and may keep the page to come back.
          addEventListener("pagehide", () => stream.close());
          addEventListener("pageshow", (event) => {
            if (!event.persisted) return;
            listen();
            refresh();
          });
          document.addEventListener("visibilitychange", () => { if (!document.hidden) { say(); refresh(); } });
        })();

        """#
}
