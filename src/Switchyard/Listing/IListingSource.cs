using Switchyard.Calls;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Listing;

/// <summary>Gives the directory the configuration in force.</summary>
internal interface IListingSource
{
    /// <summary>The model data of the configuration in force, consistent within one configuration.</summary>
    IListing Current { get; }
}

/// <summary>The model data of one configuration.</summary>
internal interface IListing
{
    /// <summary>The names of the providers in force, sorted.</summary>
    IReadOnlyList<string> ProviderNames { get; }

    /// <summary>The aliases, in the order of their names.</summary>
    IEnumerable<Route> Aliases { get; }

    /// <summary>The configured price of a provider's model; null if none.</summary>
    ModelPricing? ConfiguredPriceOf(string provider, string model);

    /// <summary>Resolves a model name to a route.</summary>
    IModelResolver Routes { get; }
}
