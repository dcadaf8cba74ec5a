"""The one drawing layer: elements, colours, axes. Every picture of the project is made with it, as inline
SVG."""
