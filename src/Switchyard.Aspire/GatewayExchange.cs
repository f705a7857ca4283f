using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Aspire;

/// <summary>
/// The headers of one call and of its answer: options named in <see cref="AnswerFacts"/> become request headers, and response headers
/// become facts of the answer. The HTTP handler finds the exchange of its call as an ambient value.
/// </summary>
internal sealed class GatewayExchange
{
    private static readonly AsyncLocal<GatewayExchange?> s_current = new();

    /// <summary>The options that become headers. They have the same names in process and over HTTP.</summary>
    private static readonly string[] s_asked =
    [
        AnswerFacts.Tenant, AnswerFacts.Tag, AnswerFacts.Session, AnswerFacts.Record, AnswerFacts.Cache, AnswerFacts.CacheTtl,
        AnswerFacts.IdempotencyKey, AnswerFacts.Strict, AnswerFacts.Explain,
    ];

    private readonly List<KeyValuePair<string, string>> _asked = [];

    private readonly List<KeyValuePair<string, string>> _headers = [];

    /// <summary>The exchange of the current call; null outside a call.</summary>
    public static GatewayExchange? Current => s_current.Value;

    /// <summary>
    /// Begins a call, and takes from its options those for the gateway, so that the engine in this process ignores them. Strict mode is for
    /// both: either may be unable to carry an option.
    /// </summary>
    /// <param name="options">A copy of the caller's options' properties.</param>
    /// <param name="last">The last message of a chat; null for another request.</param>
    public static GatewayExchange Begin(AdditionalPropertiesDictionary? options, ChatMessage? last = null)
    {
        var exchange = new GatewayExchange();
        foreach (var name in options is null ? [] : s_asked)
        {
            if (!options!.TryGetValue(name, out var value))
                continue;
            if (name != AnswerFacts.Strict)
                options!.Remove(name);
            if (TextOf(value) is { } text)
                exchange._asked.Add(new(name, name == AnswerFacts.IdempotencyKey ? OfRound(text, last) : InOneLine(text)));
        }

        return s_current.Value = exchange;
    }

    public void WriteTo(HttpRequestHeaders headers)
    {
        foreach (var (name, value) in _asked)
            headers.TryAddWithoutValidation(name, value);
    }

    public void Read(HttpResponseHeaders headers)
    {
        foreach (var header in headers)
        {
            if (header.Key.StartsWith("x-switchyard-", StringComparison.OrdinalIgnoreCase)
                || string.Equals(header.Key, AnswerFacts.RequestId, StringComparison.OrdinalIgnoreCase))
                _headers.Add(new(header.Key.ToLowerInvariant(), string.Join(", ", header.Value)));
        }
    }

    /// <summary>Replaces the facts of the engine in this process, which knows one provider only, by those of the gateway.</summary>
    public void WriteTo(AdditionalPropertiesDictionary facts)
    {
        foreach (var (name, text) in _headers)
            facts[name] = FactOf(name, text, facts);
    }

    private static object FactOf(string name, string text, AdditionalPropertiesDictionary facts) => name switch
    {
        AnswerFacts.Attempts or AnswerFacts.MaxOutput when int.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        AnswerFacts.Config when long.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        AnswerFacts.Cost when decimal.TryParse(text, CultureInfo.InvariantCulture, out var amount) => amount,
        // Options that the engine in this process dropped are listed too.
        AnswerFacts.Dropped => (facts.TryGetValue(name, out var here) ? here as string[] ?? [] : [])
            .Concat(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct().ToArray(),
        _ => text,
    };

    /// <summary>
    /// Replaces the characters that a header cannot hold by <c>_</c>, as the engine does; otherwise the header would be left out silently.
    /// Idempotency keys are not changed: two different keys must not become one.
    /// </summary>
    private static string InOneLine(string text) => text.Replace('\r', '_').Replace('\n', '_').Replace('\0', '_');

    /// <summary>
    /// The idempotency key of a request. Function calling sends the caller's options, and the key in them, with each round of results
    /// again, and each round is a request of its own, as in process. A digest, because ids of calls may hold any characters.
    /// </summary>
    private static string OfRound(string key, ChatMessage? last) =>
        last?.Role == ChatRole.Tool && last.Contents.OfType<FunctionResultContent>().FirstOrDefault() is { } result
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{result.CallId}")))
            : key;

    private static string? TextOf(object? value) => value switch
    {
        CacheMode.ReadOnly => "read-only",
        CacheMode mode => mode.ToString().ToLowerInvariant(),
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}ms"),
        _ => value?.ToString(),
    };
}
