using Microsoft.Extensions.AI;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Configuration.Binding;

namespace Switchyard.Client;

/// <summary>The cache settings of a caller in process: additional properties of its options that are not fields of the request.</summary>
internal static class CacheOption
{
    /// <summary>Removes the cache settings from the options, which must be the call's own copy.</summary>
    /// <exception cref="CallException">A setting is unknown.</exception>
    public static CacheControl? Take(AdditionalPropertiesDictionary? properties)
    {
        if (properties is null)
            return null;
        properties.Remove(AnswerFacts.Cache, out var mode);
        properties.Remove(AnswerFacts.CacheTtl, out var ttl);
        if (mode is CacheControl control)
            return control;
        var read = CacheControls.Read(
            mode is CacheMode ? null : mode?.ToString(), ttl is TimeSpan time ? DurationText.Format(time) : ttl?.ToString());
        return mode is CacheMode known ? new CacheControl { Mode = known, Ttl = read?.Ttl } : read;
    }

    /// <summary>Removes the idempotency key from the options.</summary>
    /// <exception cref="CallException">The key is invalid.</exception>
    public static string? TakeKey(AdditionalPropertiesDictionary? properties) =>
        properties is not null && properties.Remove(AnswerFacts.IdempotencyKey, out var key)
            ? CacheControls.ReadKey(key?.ToString())
            : null;

    /// <summary>
    /// The idempotency key of a request. Function calling sends the caller's options, and the key in them, with each round of results
    /// again, and each round is a request of its own.
    /// </summary>
    public static string? OfRound(string? key, IReadOnlyList<ChatMessage> messages)
    {
        if (key is null || messages is not [.., { } last] || last.Role != ChatRole.Tool)
            return key;
        var result = last.Contents.OfType<FunctionResultContent>().FirstOrDefault();
        return result is null ? key : $"{key}\n{result.CallId}";
    }
}
