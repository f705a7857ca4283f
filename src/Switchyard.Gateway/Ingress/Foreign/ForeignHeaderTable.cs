using System.Collections.Frozen;

namespace Switchyard.Gateway.Ingress.Foreign;

/// <summary>
/// The headers of other gateways that are known here. The tables in docs/importing.md are made from it. Other headers have no effect.
/// </summary>
internal static class ForeignHeaderTable
{
    public const string LiteLlmPrefix = "x-litellm-", PortkeyPrefix = "x-portkey-";

    private const string OneTag = "a call has one tag: several become one, joined by /";

    private static readonly ForeignHeader[] s_all =
    [
        Read("x-litellm-timeout", "timeouts.attempt, timeouts.first_token", "seconds; it shortens what is configured, and never extends it",
            (call, value) => call.Timeout = ForeignValues.Seconds("x-litellm-timeout", value)),
        Read("x-litellm-stream-timeout", "timeouts.first_token", "seconds; for streams, in place of x-litellm-timeout",
            (call, value) => call.StreamTimeout = ForeignValues.Seconds("x-litellm-stream-timeout", value)),
        Read("x-litellm-num-retries", "retry.attempts", "0 to 20, of each target; the retry budget and timeouts.total still apply",
            (call, value) => call.Retries = ForeignValues.Count("x-litellm-num-retries", value)),
        Read("x-litellm-tags", "x-switchyard-tag", OneTag, (call, value) => call.Tags = ForeignValues.List(value)),
        Read("x-litellm-spend-logs-metadata", "x-switchyard-tag", $"where there are no tags, its entries as name:value; {OneTag}",
            (call, value) => call.Metadata = ForeignValues.Object("x-litellm-spend-logs-metadata", value)),
        Read("x-litellm-customer-id", "the end user", "where the body names none", (call, value) => call.EndUser ??= value),
        Read("x-litellm-end-user-id", "the end user", "where the body names none", (call, value) => call.EndUser ??= value),
        Read("x-litellm-session-id", "x-switchyard-session", "", (call, value) => call.Session = value),
        Read("x-litellm-trace-id", "x-switchyard-session", "if there is no session; it is the same for all calls of a run",
            (call, value) => call.Run = value),
        Elsewhere("x-litellm-api-key", "Authorization", "a client key of this gateway"),
        Ignored("x-litellm-enable-message-redaction", "no log here contains messages"),
        Ignored("x-litellm-disable-callbacks", "the operator sets where calls are reported"),
        Ignored("x-litellm-agent-id", "calls are counted by key, tenant, end user, session and tag"),

        Read("x-portkey-provider", "the model's name", "openai or @openai before the body's model: openai/gpt-4o",
            (call, value) => call.Provider = ForeignValues.Provider("x-portkey-provider", value)),
        Read("x-portkey-virtual-key", "the model's name", "if there is no x-portkey-provider: the provider with the virtual key's name",
            (call, value) => call.VirtualKey = ForeignValues.Provider("x-portkey-virtual-key", value)),
        Read("x-portkey-config", "the model's name", "a config's id is an alias's name; JSON is refused: switchyard import portkey",
            (call, value) => call.Alias = ForeignValues.ConfigId("x-portkey-config", value)),
        Read("x-portkey-metadata", "the end user, x-switchyard-tag", $"_user is the end user, the rest name:value; {OneTag}",
            (call, value) => call.Metadata = ForeignValues.Object("x-portkey-metadata", value)),
        Read("x-portkey-trace-id", "x-switchyard-session", "it is the same for all calls of a run; traceparent is read as always",
            (call, value) => call.Run = value),
        Read("x-portkey-request-timeout", "timeouts.attempt, timeouts.first_token", "milliseconds; it shortens, and never extends",
            (call, value) => call.Timeout = ForeignValues.Milliseconds("x-portkey-request-timeout", value)),
        Read("x-portkey-retry-count", "retry.attempts", "0 to 20, of each target; the retry budget and timeouts.total still apply",
            (call, value) => call.Retries = ForeignValues.Count("x-portkey-retry-count", value)),
        Read("x-portkey-cache-force-refresh", "x-switchyard-cache: refresh", "where a cache is configured",
            (call, value) => call.IsRefreshed = ForeignValues.Flag("x-portkey-cache-force-refresh", value)),
        Read("x-portkey-custom-host", "refused", "a call may not choose an address: configure a provider with base_url",
            (_, _) => throw ForeignValues.Invalid(
                "x-portkey-custom-host",
                "A call may not choose an address here: configure a provider with this base_url, and ask for its model.")),
        Elsewhere("x-portkey-api-key", "Authorization", "a client key of this gateway"),
        Ignored("x-portkey-cache-namespace", "each client key has answers of its own, or each tenant: cache.scope"),
        Ignored("x-portkey-cache", "the operator sets whether there is a cache: cache"),
        Ignored("x-portkey-mode", "an alias sets how targets are chosen: models"),
        Ignored("x-portkey-span-id", "spans are those of traceparent"),
        Ignored("x-portkey-parent-span-id", "spans are those of traceparent"),
        Ignored("x-portkey-span-name", "spans are named by operation and model"),
        Ignored("x-portkey-forward-headers", "client headers are not forwarded, except those of their format"),
        Ignored("x-portkey-debug", "no log here contains messages"),
        Ignored(
            "x-portkey-strict-open-ai-compliance",
            "answers are always in the client's format; a header names what it cannot hold"),
    ];

    private static readonly FrozenDictionary<string, ForeignHeader> s_byName =
        s_all.ToFrozenDictionary(header => header.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>All, by product.</summary>
    public static IReadOnlyList<ForeignHeader> All => s_all;

    /// <summary>The header of a name; null if it is not known.</summary>
    public static ForeignHeader? Find(string name) => s_byName.GetValueOrDefault(name);

    private static ForeignHeader Read(string name, string becomes, string note, Action<ForeignRequest, string> read) =>
        new(name, becomes, note, read);

    private static ForeignHeader Elsewhere(string name, string becomes, string note) => new(name, becomes, note, null);

    private static ForeignHeader Ignored(string name, string reason) => new(name, null, reason, null);
}
