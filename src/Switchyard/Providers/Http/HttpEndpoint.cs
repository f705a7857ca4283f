using System.Security.Cryptography;
using System.Text;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Providers.Http;

/// <summary>How an HTTP provider is reached: address, format, credential, clocks. Immutable and thread-safe.</summary>
public sealed class HttpEndpoint
{
    private const string ModelPlaceholder = "{model}";

    private readonly BoundedCache<EgressTarget> _targets = new();
    private string? _account;
    private Dictionary<DialectId, EndpointUrls>? _elsewhere;
    private EndpointUrls? _urls;

    /// <summary>Sends requests. Cookies, redirects, proxies and automatic decompression are off; nothing is buffered.</summary>
    public required HttpMessageInvoker Invoker { get; init; }

    /// <summary>The base URL with its version segment and without a trailing slash: <c>https://api.openai.com/v1</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>The wire formats it speaks, the usual one first; at least one.</summary>
    public required IReadOnlyList<DialectId> Dialects { get; init; }

    /// <summary>What it does differently from the dialect's norm.</summary>
    public required ProviderQuirks Quirks { get; init; }

    /// <summary>Headers sent with every request, credential included (<c>Authorization</c>, <c>api-key</c>, vendor headers). Secret: never logged.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Puts a signature or a renewed token on each request; null when <see cref="Headers"/> carry the credential.</summary>
    public IRequestAuthorizer? Authorizer { get; init; }

    /// <summary>The base URLs of formats that are served elsewhere than the usual one.</summary>
    public IReadOnlyDictionary<DialectId, Uri> BaseUrls { get; init; } = new Dictionary<DialectId, Uri>();

    /// <summary>
    /// The paths of its usual format where they differ from the format's own, by operation (<c>chat</c>, <c>chat_stream</c>); <c>{model}</c>
    /// stands for the model, percent-encoded.
    /// </summary>
    public IReadOnlyDictionary<string, string> Paths { get; init; } = new Dictionary<string, string>();

    /// <summary>The query of every address below <see cref="BaseUrl"/>, without its question mark; null for none.</summary>
    public string? Query { get; init; }

    /// <summary>The operations it serves.</summary>
    public required IReadOnlySet<CallOperation> Operations { get; init; }

    /// <summary>How long it may take to its first token; null takes the configured clock.</summary>
    public TimeSpan? FirstTokenTimeout { get; init; }

    /// <summary>What is known of a model; null knows nothing.</summary>
    public Func<string, ModelFacts>? FactsOf { get; init; }

    /// <summary>
    /// A name for the account behind address and credential, made so that neither can be read from it: what one account issued must not
    /// be sent to another.
    /// </summary>
    /// <remarks>Where a platform provides the credential nothing here tells one account from another, so the name is this object's alone.</remarks>
    public string Account => _account ??= Authorizer is not null ? Guid.NewGuid().ToString("N") : Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', Headers.Select(header => $"{header.Key}:{header.Value}").Prepend(BaseUrl.AbsoluteUri)))));

    /// <summary>The format to speak with it: the client's own where it speaks that, so that nothing need be translated; else its usual one.</summary>
    public DialectId DialectFor(DialectId client)
    {
        for (var i = 0; i < Dialects.Count; i++)
        {
            if (Dialects[i] == client)
                return client;
        }

        return Dialects[0];
    }

    /// <summary>The address of a path below <see cref="BaseUrl"/>.</summary>
    public Uri UrlFor(string path) => (_urls ??= new EndpointUrls(BaseUrl, Query)).For(path);

    /// <summary>The address of an operation on a model.</summary>
    /// <param name="dialect">The format it is asked in.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="stream">Whether the answer is to be streamed.</param>
    /// <param name="model">The provider's own model id.</param>
    /// <param name="path">The format's own path, which <see cref="Paths"/> may replace.</param>
    public Uri UrlFor(DialectId dialect, CallOperation operation, bool stream, string model, string path)
    {
        if (Paths.Count > 0 && dialect == Dialects[0] && TemplateOf(operation, stream) is { } template)
            path = template.Replace(ModelPlaceholder, Uri.EscapeDataString(model), StringComparison.Ordinal);
        if (BaseUrls.Count == 0)
            return UrlFor(path);
        _elsewhere ??= BaseUrls.ToDictionary(pair => pair.Key, pair => new EndpointUrls(pair.Value, query: null));
        return _elsewhere.TryGetValue(dialect, out var urls) ? urls.For(path) : UrlFor(path);
    }

    /// <summary>A model of this provider as an egress dialect sees it.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The provider's own model id.</param>
    public EgressTarget TargetFor(string provider, string model)
    {
        if (_targets.Find(model) is { } known)
            return known;
        var target = new EgressTarget(provider, model, Quirks) { Facts = FactsOf?.Invoke(model) ?? ModelFacts.Unknown };
        _targets.Add(model, target);
        return target;
    }

    private string? TemplateOf(CallOperation operation, bool stream) =>
        stream && Paths.TryGetValue(OperationNames.Of(operation, stream: true), out var streamed) ? streamed
        : Paths.GetValueOrDefault(OperationNames.Of(operation, stream: false));
}
