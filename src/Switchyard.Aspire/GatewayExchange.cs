using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Aspire;

/// <summary>
/// What one call says to the gateway and is told by it beside the formats of clients: the options of <see cref="AnswerFacts"/> become
/// headers, and the headers of the answer its facts. It follows the call to its request as an ambient value.
/// </summary>
internal sealed class GatewayExchange
{
    private static readonly AsyncLocal<GatewayExchange?> s_current = new();

    /// <summary>What a request may ask for, in process and over HTTP under the same names.</summary>
    private static readonly string[] s_asked =
    [
        AnswerFacts.Tenant, AnswerFacts.Tag, AnswerFacts.Session, AnswerFacts.Record, AnswerFacts.Cache, AnswerFacts.CacheTtl,
        AnswerFacts.IdempotencyKey,
    ];

    private readonly List<KeyValuePair<string, string>> _asked = [];

    private readonly List<KeyValuePair<string, string>> _told = [];

    /// <summary>That of the call which runs; null outside of one.</summary>
    public static GatewayExchange? Current => s_current.Value;

    /// <summary>Begins a call, and takes out of its options what the gateway is to know rather than the engine here.</summary>
    /// <param name="options">A copy of the caller's options' properties.</param>
    public static GatewayExchange Begin(AdditionalPropertiesDictionary? options)
    {
        var exchange = new GatewayExchange();
        foreach (var name in options is null ? [] : s_asked)
        {
            if (options!.Remove(name, out var value) && TextOf(value) is { } text)
                exchange._asked.Add(new(name, name == AnswerFacts.IdempotencyKey ? text : InOneLine(text)));
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
                _told.Add(new(header.Key.ToLowerInvariant(), string.Join(", ", header.Value)));
        }
    }

    /// <summary>Puts what the gateway told in the place of what the engine here says of its one provider.</summary>
    public void WriteTo(AdditionalPropertiesDictionary facts)
    {
        foreach (var (name, text) in _told)
            facts[name] = FactOf(name, text, facts);
    }

    private static object FactOf(string name, string text, AdditionalPropertiesDictionary facts) => name switch
    {
        AnswerFacts.Attempts or AnswerFacts.MaxOutput when int.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        AnswerFacts.Config when long.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        AnswerFacts.Cost when decimal.TryParse(text, CultureInfo.InvariantCulture, out var amount) => amount,
        // What was lost on the way to the gateway is lost too.
        AnswerFacts.Dropped => (facts.TryGetValue(name, out var here) ? here as string[] ?? [] : [])
            .Concat(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct().ToArray(),
        _ => text,
    };

    /// <summary>
    /// A text that a header can hold, which would be left out unsaid otherwise: what the engine puts in the place of such letters, too. Two
    /// keys of an answer must not become one.
    /// </summary>
    private static string InOneLine(string text) => text.Replace('\r', '_').Replace('\n', '_').Replace('\0', '_');

    private static string? TextOf(object? value) => value switch
    {
        CacheMode.ReadOnly => "read-only",
        CacheMode mode => mode.ToString().ToLowerInvariant(),
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}ms"),
        _ => value?.ToString(),
    };
}
