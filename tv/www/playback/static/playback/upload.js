// Sends a video in pieces. A piece that did not arrive is sent again from where the file ends.
const form = document.getElementById("upload");
const bar = document.getElementById("upload-progress");
const note = document.getElementById("upload-error");
const TRIES = 8;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function send(address, body, headers = {}) {
  const token = form.elements.csrfmiddlewaretoken.value;
  const answer = await fetch(address, {
    method: "POST", body, headers: { "X-CSRFToken": token, ...headers }, credentials: "same-origin",
  });
  const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
  return { status: answer.status, ...told };
}

async function sendPiece(address, body) {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    try {
      const told = await send(address, body, { "Content-Type": "application/octet-stream" });
      if (told.status < 500 && told.status !== 429) return told;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // what fetch throws without a connection
    }
    await pause(500 * 2 ** attempt);
  }
  throw new Error("The connection was lost. What was sent so far is kept for a day.");
}

async function upload(file) {
  const size = new FormData();
  size.set("size", file.size);
  const begun = await send(form.dataset.begin, size);
  if (begun.error) throw new Error(begun.error);
  const base = form.dataset.begin.replace(/begin\/$/, `${begun.name}/`);
  let sent = 0;
  while (sent < file.size) {
    const piece = file.slice(sent, sent + Number(form.dataset.piece));
    const told = await sendPiece(`${base}${sent}/`, piece);
    if (told.error && told.status !== 409) throw new Error(told.error);
    if (told.size === undefined) throw new Error(`The server answered ${told.status}.`);
    sent = told.size;
    bar.value = (100 * sent) / file.size;
  }
  const rest = new FormData(form);
  rest.delete("video");
  rest.set("filename", file.name);
  const done = await send(`${base}finish/`, rest);
  if (!done.job) throw new Error(done.error ?? `The server answered ${done.status}.`);
  return done.job;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("input[type=submit]");
  button.disabled = true;
  note.hidden = true;
  bar.hidden = false;
  try {
    location.assign(await upload(form.elements.video.files[0]));
  } catch (error) {
    note.textContent = error.message;
    note.hidden = false;
    button.disabled = false;
  }
});
