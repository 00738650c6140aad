// Two clients that other people wrote hear the scripted Twitch, and print what they hear as JSON.
// node listen.mjs PORT CLIENT_ID ACCESS_TOKEN BOT_ID CHANNEL_ID CHANNEL
import { ApiClient } from "@twurple/api";
import { EventSubWsListener } from "@twurple/eventsub-ws";
import tmi from "tmi.js";

const [port, clientId, token, botId, channelId, channel] = process.argv.slice(2);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const quiet = { minLevel: "critical" };

const chat = new tmi.Client({
  connection: { server: "127.0.0.1", port: Number(port), secure: false },
  channels: [channel],
  logger: { info() {}, warn() {}, error() {}, setLevel() {} },
});
chat.on("join", (_, user, isSelf) => isSelf && tell({ client: "tmi.js", is: "ready" }));
chat.on("message", (_, tags, text) =>
  tell({ client: "tmi.js", is: "message", id: tags.id, user: tags["user-id"], text }),
);
chat.on("messagedeleted", (_, user, text, tags) =>
  tell({ client: "tmi.js", is: "deleted", id: tags["target-msg-id"] }),
);
chat.on("timeout", (_, user, reason, seconds) =>
  tell({ client: "tmi.js", is: "timeout", user, seconds }),
);
chat.on("raided", (_, user, viewers) =>
  tell({ client: "tmi.js", is: "raid", user, viewers: Number(viewers) }),
);
await chat.connect();

// Its own provider of tokens would ask id.twitch.tv whose token this is.
const accessToken = {
  accessToken: token, refreshToken: null, scope: ["user:read:chat"], expiresIn: null, obtainmentTimestamp: 0,
};
const authProvider = {
  clientId,
  getCurrentScopesForUser: () => accessToken.scope,
  getAccessTokenForUser: async (user) => ({ ...accessToken, userId: String(user) }),
  getAnyAccessToken: async () => ({ ...accessToken, userId: botId }),
};
const apiClient = new ApiClient({ authProvider, logger: quiet, mockServerPort: Number(port) });
const events = new EventSubWsListener({ apiClient, logger: quiet });
let count = 0;
events.onSubscriptionCreateSuccess(() => ++count === 5 && tell({ client: "twurple", is: "ready" }));
events.onSubscriptionCreateFailure((_, error) => tell({ client: "twurple", is: "failure", error: String(error) }));
events.onRevoke((_, status) => tell({ client: "twurple", is: "revoked", status }));
events.onChannelChatMessage(channelId, botId, (event) =>
  tell({ client: "twurple", is: "message", id: event.messageId, user: event.chatterId, text: event.messageText }),
);
events.onChannelChatMessageDelete(channelId, botId, (event) =>
  tell({ client: "twurple", is: "deleted", id: event.messageId }),
);
events.onChannelChatClearUserMessages(channelId, botId, (event) =>
  tell({ client: "twurple", is: "timeout", user: event.userName }),
);
events.onChannelChatNotification(channelId, botId, (event) =>
  tell({ client: "twurple", is: event.type, user: event.chatterName, viewers: event.viewerCount }),
);
events.onStreamOnline(channelId, () => tell({ client: "twurple", is: "live" }));
events.start();
