AsyncApiStandalone.render(
  {
    schema: { url: "/asyncapi.json" },
    config: {
      show: { sidebar: true, messages: false, errors: true },
      sidebar: { showServers: "byDefault", showOperations: "byOperationsTags" },
      // The document speaks as the server, its readers are clients.
      replyLabel: "request",
      sendLabel: "push",
    },
  },
  document.getElementById("asyncapi"),
);
