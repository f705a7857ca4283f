using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Providers;

/// <summary>
/// A vendor as data: everything needed to reach it and to know what it does differently. One entry of <c>providers.json</c>, where the
/// names are written in snake_case. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// S004-24 gives every provider 30 seconds but two, which have 120. Those 30 seconds are the default of the first-token clock
/// (<c>timeouts.first_token</c>), so an entry names a <see cref="Timeout"/> only where it differs and the configured clock rules the rest.
/// </remarks>
public sealed record ProviderDescriptor
{
    /// <summary>The name clients and routes use, lower case: <c>openai</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name for people; null takes <see cref="Name"/>.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Other names for the same vendor, lower case.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The wire formats it speaks; the first is the one used unless configuration says otherwise.</summary>
    /// <value>The default is <c>openai-chat</c> alone.</value>
    public IReadOnlyList<string> Dialects { get; init; } = [DialectId.OpenAIChat.Value];

    /// <summary>
    /// The base URL with its version segment; <c>{placeholders}</c> are filled from <see cref="Variables"/>. Null where the address is
    /// not known: such an entry says why in <see cref="Unavailable"/>.
    /// </summary>
    public string? BaseUrl { get; init; }

    /// <summary>
    /// For each placeholder of <see cref="BaseUrl"/>, <see cref="BaseUrls"/>, <see cref="Query"/> and <see cref="ModelsPath"/> the environment
    /// variables that may hold its value, in order.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Variables { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The base URLs of dialects that are served elsewhere, by dialect. Left aside when configuration gives a <c>base_url</c>.</summary>
    public IReadOnlyDictionary<string, string> BaseUrls { get; init; } = new Dictionary<string, string>();

    /// <summary>Texts of a filled address that stand for others: a vendor's host may be named otherwise for some regions.</summary>
    public IReadOnlyDictionary<string, string> AddressRewrites { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The paths of the first dialect where they differ from the dialect's own, by operation (<c>chat</c>; <c>chat_stream</c> for streams
    /// where those have another). <c>{model}</c> is the model, percent-encoded.
    /// </summary>
    public IReadOnlyDictionary<string, string> Paths { get; init; } = new Dictionary<string, string>();

    /// <summary>The query of every address below the base URL, without its question mark, placeholders as in the base URL; null for none.</summary>
    public string? Query { get; init; }

    /// <summary>The path below the base URL that lists models, or a whole URL, placeholders as in the base URL; null when it has none.</summary>
    /// <value>The default is <c>/models</c>.</value>
    public string? ModelsPath { get; init; } = "/models";

    /// <summary>How the credential is sent.</summary>
    /// <value>The default is a bearer token.</value>
    public ProviderAuth Auth { get; init; } = new();

    /// <summary>The environment variables that usually hold the credential, in order.</summary>
    public IReadOnlyList<string> KeyEnv { get; init; } = [];

    /// <summary>Headers sent with every request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The operations it serves.</summary>
    /// <value>The default is chat alone.</value>
    public IReadOnlyList<CallOperation> Operations { get; init; } = [CallOperation.Chat];

    /// <summary>What it does differently from its dialect's norm.</summary>
    public ProviderQuirks Quirks { get; init; } = ProviderQuirks.None;

    /// <summary>Seconds to the first token; null takes the configured clock. At least 1.</summary>
    public int? Timeout { get; init; }

    /// <summary>Its place when several providers serve a bare model name: higher wins. Unique in the catalogue.</summary>
    public int Priority { get; init; }

    /// <summary>What it can do, from <see cref="ProviderFeatures"/>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Globs (<c>*</c>, <c>?</c>) of the bare model names it is known to serve; one beginning with <c>!</c> takes names out again.</summary>
    public IReadOnlyList<string> ModelPatterns { get; init; } = [];

    /// <summary>A few well-known model ids, for listing.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Whether it is a server the user runs: it needs no key, and a key variable alone never enables it.</summary>
    public bool Local { get; init; }

    /// <summary>Why it cannot be used unless configuration gives a <c>base_url</c>; null when it can.</summary>
    public string? Unavailable { get; init; }

    /// <summary>What a user should know before using it.</summary>
    public string? Notes { get; init; }

    /// <summary>The name for people.</summary>
    public string Label => DisplayName ?? Name;

    /// <summary>Whether it cannot be used without a key. One whose platform provides a credential can.</summary>
    public bool RequiresApiKey => !Local && Auth.Scheme is not (ProviderAuthScheme.None or ProviderAuthScheme.Cloud);

    /// <summary><see cref="Timeout"/> as a span; null takes the configured clock.</summary>
    public TimeSpan? FirstTokenTimeout => Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The value of a placeholder: from the settings, then from the variables of <see cref="Variables"/>; null when nobody gives one.</summary>
    /// <param name="placeholder">Its name: <c>region</c>.</param>
    /// <param name="settings">What the provider is initialised with.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public string? ValueOf(string placeholder, ProviderSettings settings, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(environment);
        if (settings.Metadata.TryGetValue(placeholder, out var configured) && !string.IsNullOrWhiteSpace(configured))
            return configured.Trim();
        if (!Variables.TryGetValue(placeholder, out var variables))
            return null;
        return variables.Select(environment).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value))?.Trim();
    }

    /// <summary>Whether <see cref="Features"/> holds the feature.</summary>
    public bool Supports(string feature) => Features.Contains(feature, StringComparer.Ordinal);
}

/// <summary>How a provider takes its credential.</summary>
public sealed record ProviderAuth
{
    /// <summary>The way.</summary>
    /// <value>The default is <see cref="ProviderAuthScheme.Bearer"/>.</value>
    public ProviderAuthScheme Scheme { get; init; } = ProviderAuthScheme.Bearer;

    /// <summary>
    /// The header's name; for <see cref="ProviderAuthScheme.Header"/>, and for <see cref="ProviderAuthScheme.Cloud"/> where a key has a header
    /// of its own.
    /// </summary>
    public string? Header { get; init; }

    /// <summary>The kind of credential; only for <see cref="ProviderAuthScheme.Cloud"/>. An <see cref="IRequestAuthorizerFactory"/> answers to it.</summary>
    public string? Credential { get; init; }

    /// <summary>What the credential is for, in the credential's own terms: a token's scope, or the name of the service a signature is for.</summary>
    public string? Scope { get; init; }
}

/// <summary>The ways a provider may take its credential.</summary>
public enum ProviderAuthScheme
{
    /// <summary><c>Authorization: Bearer …</c>.</summary>
    Bearer,

    /// <summary>The bare key in a header of the provider's own (<c>api-key</c>, <c>x-api-key</c>).</summary>
    Header,

    /// <summary>None.</summary>
    None,

    /// <summary>
    /// A signature or a renewed token of <see cref="ProviderAuth.Credential"/>'s making; a key, where there is one, is sent instead: in
    /// <see cref="ProviderAuth.Header"/> or else as a bearer token.
    /// </summary>
    Cloud,
}

/// <summary>The features a provider may declare.</summary>
public static class ProviderFeatures
{
    /// <summary>It streams answers.</summary>
    public const string Streaming = "streaming";

    /// <summary>Its streams are read without blocking a thread. True of every provider here; listed because the catalogue of S004 lists it.</summary>
    public const string AsyncStreaming = "async_streaming";

    /// <summary>Its models call tools.</summary>
    public const string Tools = "tools";

    /// <summary>It can be told to answer in JSON.</summary>
    public const string JsonMode = "json_mode";

    /// <summary>Some of its models understand images.</summary>
    public const string Vision = "vision";

    /// <summary>Every feature there is.</summary>
    public static readonly IReadOnlySet<string> All =
        new HashSet<string>(StringComparer.Ordinal) { Streaming, AsyncStreaming, Tools, JsonMode, Vision };
}
