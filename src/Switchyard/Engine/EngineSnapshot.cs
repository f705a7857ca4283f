using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Listing;
using Switchyard.Routing;
using Switchyard.Targets;

namespace Switchyard.Engine;

/// <summary>Everything that a reload replaces, in one object behind one field, so that no two parts of it are ever of two configurations.</summary>
/// <param name="Options">The options it was made from; never changed and never handed out.</param>
/// <param name="Calls">What calls see of it.</param>
/// <param name="Routes">The model names that lead somewhere.</param>
/// <param name="Providers">The providers in force.</param>
internal sealed record EngineSnapshot(SwitchyardOptions Options, CallSnapshot Calls, RouteTable Routes, ProviderView Providers) : IListing
{
    IReadOnlyList<string> IListing.ProviderNames => Providers.Names;

    IEnumerable<Route> IListing.Aliases => Routes.Aliases;

    IModelResolver IListing.Routes => Routes;
}
