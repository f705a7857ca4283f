using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Providers;

/// <summary>
/// A vendor as data: its address, formats, credential and quirks. One entry of <c>providers.json</c>, which uses snake_case names.
/// Immutable and thread-safe.
/// </summary>
/// <remarks>
/// An entry sets a <see cref="Timeout"/> only if its provider is slow. It lengthens a shorter <c>timeouts.first_token</c>, and never
/// shortens a longer one.
/// </remarks>
public sealed record ProviderDescriptor
{
    /// <summary>
    /// The priority of a provider that is not in the catalogue, above all that are: models named by the user take precedence over those
    /// matched by the catalogue's patterns.
    /// </summary>
    internal const int UserDefinedPriority = 1000;

    /// <summary>The name clients and routes use, lower case: <c>openai</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The display name; null uses <see cref="Name"/>.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Other names for the same vendor, lower case.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The wire formats it speaks; the first is the default.</summary>
    /// <value>The default is <c>openai-chat</c> alone.</value>
    public IReadOnlyList<string> Dialects { get; init; } = [DialectId.OpenAIChat.Value];

    /// <summary>
    /// The base URL with its version segment; <c>{placeholders}</c> are filled from <see cref="Variables"/>. Null if the address is
    /// unknown: <see cref="Unavailable"/> then gives the reason.
    /// </summary>
    public string? BaseUrl { get; init; }

    /// <summary>
    /// The environment variables that may hold the value of a placeholder, in order, by placeholder: of <see cref="BaseUrl"/>,
    /// <see cref="BaseUrls"/>, <see cref="Query"/>, <see cref="ModelsPath"/> and <see cref="DefaultModel"/>.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Variables { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The base URLs of dialects served elsewhere, by dialect. Ignored when configuration gives a <c>base_url</c>.</summary>
    public IReadOnlyDictionary<string, string> BaseUrls { get; init; } = new Dictionary<string, string>();

    /// <summary>Replacements in a filled address, because a vendor's host has another name in some regions.</summary>
    public IReadOnlyDictionary<string, string> AddressRewrites { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Hosts besides those of its addresses, as entries of <c>egress.allow</c>: of user-supplied or rewritten addresses, and of its
    /// sign-in.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>
    /// The paths of the first dialect that differ from the dialect's own, by operation (<c>chat</c>; <c>chat_stream</c> if streams have
    /// another path). <c>{model}</c> is the model, percent-encoded.
    /// </summary>
    public IReadOnlyDictionary<string, string> Paths { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The query of every address below the base URL, without its question mark, placeholders as in the base URL; null for none.
    /// </summary>
    public string? Query { get; init; }

    /// <summary>
    /// The path below the base URL that lists models, or a whole URL, placeholders as in the base URL; null if there is no list.
    /// </summary>
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

    /// <summary>Its deviations from its dialect.</summary>
    public ProviderQuirks Quirks { get; init; } = ProviderQuirks.None;

    /// <summary>
    /// The timeout of the first token in seconds, at least 1, where <c>timeouts.first_token</c> is shorter; null always uses that.
    /// </summary>
    public int? Timeout { get; init; }

    /// <summary>The priority among providers that serve the same bare model name: the highest wins. Unique in the catalogue.</summary>
    public int Priority { get; init; }

    /// <summary>Its features, from <see cref="ProviderFeatures"/>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>
    /// Globs (<c>*</c>, <c>?</c>) of the bare model names it is known to serve; one beginning with <c>!</c> excludes names.
    /// </summary>
    public IReadOnlyList<string> ModelPatterns { get; init; } = [];

    /// <summary>A few well-known model ids, for listing.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>
    /// The model of a request that names only the provider, or a placeholder whose value is that model; null uses the first of
    /// <see cref="Models"/>.
    /// </summary>
    public string? DefaultModel { get; init; }

    /// <summary>
    /// Whether it bills the whole answer even if the connection is closed early, so that closing saves nothing and only hides the usage.
    /// </summary>
    public bool BillsAbandoned { get; init; }

    /// <summary>Whether the user runs it, as a local server: it needs no key, and a key variable alone never enables it.</summary>
    public bool Local { get; init; }

    /// <summary>The reason why it cannot be used without a configured <c>base_url</c>; null if it can.</summary>
    public string? Unavailable { get; init; }

    /// <summary>Notes for users.</summary>
    public string? Notes { get; init; }

    /// <summary>The display name.</summary>
    public string Label => DisplayName ?? Name;

    /// <summary>Whether it cannot be used without a key. With the scheme <c>cloud</c> the platform provides a credential.</summary>
    public bool RequiresApiKey => !Local && Auth.Scheme is not (ProviderAuthScheme.None or ProviderAuthScheme.Cloud);

    /// <summary><see cref="Timeout"/> as a span.</summary>
    public TimeSpan? FirstTokenTimeout => Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>
    /// The value of a placeholder: from the settings, then from the variables of <see cref="Variables"/>; null if none is set.
    /// </summary>
    /// <param name="placeholder">Its name: <c>region</c>.</param>
    /// <param name="settings">The provider's settings.</param>
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

    /// <summary><see cref="DefaultModel"/> with its placeholder filled; null if it is not set or has no value.</summary>
    internal string? DefaultModelOf(ProviderSettings settings, Func<string, string?> environment) =>
        DefaultModel is ['{', .. var placeholder, '}'] ? ValueOf(placeholder, settings, environment) : DefaultModel;
}

/// <summary>How a provider expects its credential.</summary>
public sealed record ProviderAuth
{
    /// <summary>The scheme.</summary>
    /// <value>The default is <see cref="ProviderAuthScheme.Bearer"/>.</value>
    public ProviderAuthScheme Scheme { get; init; } = ProviderAuthScheme.Bearer;

    /// <summary>
    /// The header's name; for <see cref="ProviderAuthScheme.Header"/>, and for <see cref="ProviderAuthScheme.Cloud"/> if a key has a
    /// separate header.
    /// </summary>
    public string? Header { get; init; }

    /// <summary>
    /// The kind of credential, which selects the <see cref="IRequestAuthorizerFactory"/>; only for <see cref="ProviderAuthScheme.Cloud"/>.
    /// </summary>
    public string? Credential { get; init; }

    /// <summary>The scope of a token, or the service's name in a signature.</summary>
    public string? Scope { get; init; }
}

/// <summary>How a credential is sent.</summary>
public enum ProviderAuthScheme
{
    /// <summary><c>Authorization: Bearer …</c>.</summary>
    Bearer,

    /// <summary>The plain key in a provider-specific header (<c>api-key</c>, <c>x-api-key</c>).</summary>
    Header,

    /// <summary>None.</summary>
    None,

    /// <summary>
    /// A signature or a renewed token, created by the factory of <see cref="ProviderAuth.Credential"/>. A configured key is sent instead:
    /// in <see cref="ProviderAuth.Header"/>, or else as a bearer token.
    /// </summary>
    Cloud,
}

/// <summary>The features a provider may declare.</summary>
internal static class ProviderFeatures
{
    /// <summary>It streams answers.</summary>
    public const string Streaming = "streaming";

    /// <summary>Its streams are read without blocking a thread; true of every provider here.</summary>
    public const string AsyncStreaming = "async_streaming";

    /// <summary>Its models call tools.</summary>
    public const string Tools = "tools";

    /// <summary>It can be told to answer in JSON.</summary>
    public const string JsonMode = "json_mode";

    /// <summary>Some of its models understand images.</summary>
    public const string Vision = "vision";

    /// <summary>All features.</summary>
    public static readonly IReadOnlySet<string> All =
        new HashSet<string>(StringComparer.Ordinal) { Streaming, AsyncStreaming, Tools, JsonMode, Vision };
}
