using Microsoft.Extensions.AI;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Configuration.Binding;

namespace Switchyard.Client;

/// <summary>What a caller in process asks of the cache: additional properties of its options, which are no fields of the request.</summary>
internal static class CacheOption
{
    /// <summary>Takes what is asked of the cache out of the options, which must be the call's own copy.</summary>
    /// <exception cref="CallException">It is none that is known.</exception>
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
        return mode is CacheMode known ? new CacheControl(known, read?.Ttl) : read;
    }

    /// <summary>Takes the key under which the caller may ask again out of the options.</summary>
    /// <exception cref="CallException">It is none that can be kept.</exception>
    public static string? TakeKey(AdditionalPropertiesDictionary? properties) =>
        properties is not null && properties.Remove(AnswerFacts.IdempotencyKey, out var key)
            ? CacheControls.ReadKey(key?.ToString())
            : null;
}
