// The broadcast loop of the manual of `ws`: what one client says, every other one hears.
const { WebSocket, WebSocketServer } = require("ws");

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  perMessageDeflate: false,
  backlog: 4096,
});
server.on("connection", (socket, request) => {
  socket.on("error", () => {});
  if (request.url !== "/publisher") {
    socket.send("joined");
    return;
  }
  socket.on("message", (data, isBinary) => {
    for (const client of server.clients) {
      if (client !== socket && client.readyState === WebSocket.OPEN) {
        client.send(data, { binary: isBinary });
      }
    }
  });
});
