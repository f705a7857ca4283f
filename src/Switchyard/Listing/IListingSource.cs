using Switchyard.Calls;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Listing;

/// <summary>Where the directory finds the configuration in force.</summary>
internal interface IListingSource
{
    /// <summary>What it says, all of one configuration.</summary>
    IListing Current { get; }
}

/// <summary>What one configuration says of models.</summary>
internal interface IListing
{
    /// <summary>The names of the providers in force, sorted.</summary>
    IReadOnlyList<string> ProviderNames { get; }

    /// <summary>The aliases, in the order of their names.</summary>
    IEnumerable<Route> Aliases { get; }

    /// <summary>The price that the configuration names for a provider's model; null for none.</summary>
    ModelPricing? ConfiguredPriceOf(string provider, string model);

    /// <summary>Leads from a model name to a route.</summary>
    IModelResolver Routes { get; }
}
