using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Listing;
using Switchyard.Models;

namespace Switchyard.Gateway.Models;

/// <summary>Filters a list of models by <c>?provider=</c> and <c>?feature=</c>.</summary>
internal static class ModelFilter
{
    /// <exception cref="CallException">There is no such feature.</exception>
    public static IReadOnlyList<ListedModel> Apply(IReadOnlyList<ListedModel> models, IQueryCollection query)
    {
        var (provider, feature) = (query["provider"].ToString(), query["feature"].ToString());
        if (feature.Length > 0 && !ModelFeatures.Names.Contains(feature))
        {
            var message = $"There is no feature '{Sanitizer.Clean(feature)}'. There are: {string.Join(", ", ModelFeatures.Names)}.";
            throw new CallException(CallErrorKind.InvalidRequest, message, "feature");
        }

        return provider.Length == 0 && feature.Length == 0 ? models :
        [
            .. models.Where(model =>
                (provider.Length == 0 || string.Equals(model.Provider, provider, StringComparison.OrdinalIgnoreCase))
                // A feature that is not known (null) does not match.
                && (feature.Length == 0 || (model.Info is { } info && ModelFeatures.Of(info, feature) is true))),
        ];
    }
}
