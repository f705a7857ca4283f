using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Client;

/// <summary>What a call in process says about itself: additional properties of its options that are no fields of the request.</summary>
internal static class CallOptions
{
    /// <summary>Takes one out of the options, which must be the call's own copy; null where it is not there.</summary>
    public static string? Take(AdditionalPropertiesDictionary? properties, string name) =>
        properties is not null && properties.Remove(name, out var value) ? value as string ?? value?.ToString() : null;
}
