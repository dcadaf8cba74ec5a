// Pointer and arrow keys choose a step of a picture over time; its figures are read out below. Details open to print.
"use strict";
const documents = JSON.parse(document.getElementById("documents").textContent);
const at = (path) => path.split(".").reduce((value, step) => value?.[step], documents.report.first);
const clock = (second) => second >= 60
  ? `${Math.floor(second / 60)} min ${Math.round(second % 60)} s`
  : `${Math.round(second * 1000) / 1000} s`;
const shown = (value) => typeof value === "number" ? value.toLocaleString("en") : value ?? "–";
for (const plot of document.querySelectorAll(".plot")) {
  const svg = plot.querySelector("svg");
  const reading = plot.querySelector(".reading");
  const steps = Number(svg.dataset.steps);
  const left = Number(plot.dataset.left);
  const width = Number(plot.dataset.width);
  const series = plot.dataset.series.split(" ").map(at);
  const names = plot.dataset.names.split("|");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("class", "cursor");
  svg.append(line);
  let step = -1;
  const show = (wanted) => {
    step = Math.min(steps - 1, Math.max(0, wanted));
    const x = left + width * (step + 0.5) / steps;
    line.setAttribute("d", `M${x.toFixed(1)} 20V${svg.viewBox.baseVal.height}`);
    const from = clock(step * Number(svg.dataset.stepS));
    reading.textContent = `${from}: ` + series
      .map((values, place) => `${names[place]} ${shown(values[step])}`).join(" · ");
  };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    if (x >= left && x <= left + width) show(Math.floor((x - left) * steps / width));
  });
  plot.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -steps, End: steps }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    show(step + move);
  });
}
addEventListener("beforeprint", () => {
  for (const box of document.querySelectorAll("details")) if (!box.querySelector(".series")) box.open = true;
});
