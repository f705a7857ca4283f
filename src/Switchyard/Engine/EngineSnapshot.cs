using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Listing;
using Switchyard.Models;
using Switchyard.Routing;
using Switchyard.Targets;

namespace Switchyard.Engine;

/// <summary>
/// Everything that a reload replaces, in one immutable object behind one field, so that no reader sees parts of two configurations.
/// </summary>
/// <param name="Options">The options it was built from; never changed and never returned without copying.</param>
/// <param name="Calls">The part that calls use.</param>
/// <param name="Routes">The routes of model names.</param>
/// <param name="Providers">The providers of this configuration.</param>
internal sealed record EngineSnapshot(SwitchyardOptions Options, CallSnapshot Calls, RouteTable Routes, ProviderView Providers) : IListing
{
    IReadOnlyList<string> IListing.ProviderNames => Providers.Names;

    IEnumerable<Route> IListing.Aliases => Routes.Aliases;

    ModelPricing? IListing.ConfiguredPriceOf(string provider, string model) => Providers.ConfiguredPriceOf(provider, model);

    IModelResolver IListing.Routes => Routes;
}
