using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Client;

/// <summary>The tenant of a call in process: an additional property of its options, which is no field of the request.</summary>
internal static class TenantOption
{
    /// <summary>Takes the tenant out of the options, which must be the call's own copy.</summary>
    public static string? Take(AdditionalPropertiesDictionary? properties) =>
        properties is not null && properties.Remove(AnswerFacts.Tenant, out var tenant) ? tenant as string ?? tenant?.ToString() : null;
}
