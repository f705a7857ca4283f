using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Switchyard.Listing;
using Switchyard.Models;
using Switchyard.Routing;
using Switchyard.Secrets;
using Switchyard.Targets;

namespace Switchyard.Engine;

/// <summary>
/// Everything that a reload replaces, in one immutable object behind one field, so that no reader sees parts of two configurations.
/// </summary>
/// <param name="Written">The options of file, environment and code.</param>
/// <param name="Runtime">The options set at run time over them.</param>
/// <param name="Options">Both together, with references in place of secrets; never returned without copying.</param>
/// <param name="Secrets">The options it was built from, and the secrets in them.</param>
/// <param name="Calls">The part that calls use.</param>
/// <param name="Routes">The routes of model names.</param>
/// <param name="Providers">The providers of this configuration.</param>
internal sealed record EngineSnapshot(
    SwitchyardOptions Written,
    RuntimeInForce Runtime,
    SwitchyardOptions Options,
    SecretResolution Secrets,
    CallSnapshot Calls,
    RouteTable Routes,
    ProviderView Providers) : IListing
{
    /// <summary>The candidate that a share of the calls runs on; null, in most cases, for none.</summary>
    public EngineCanary? Canary { get; init; }

    IReadOnlyList<string> IListing.ProviderNames => Providers.Names;

    IEnumerable<Route> IListing.Aliases => Routes.Aliases;

    ModelPricing? IListing.ConfiguredPriceOf(string provider, string model) => Providers.ConfiguredPriceOf(provider, model);

    IModelResolver IListing.Routes => Routes;
}
