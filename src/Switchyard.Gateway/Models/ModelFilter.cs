using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Engine;
using Switchyard.Gateway.Security;
using Switchyard.Listing;
using Switchyard.Models;

namespace Switchyard.Gateway.Models;

/// <summary>
/// Lists the models that the caller may call, filtered by the query of the request: <c>?provider=</c> and <c>?feature=</c> filter,
/// <c>?include=catalogue</c> adds those that only the catalogue names.
/// </summary>
internal static class ModelFilter
{
    private const string Catalogue = "catalogue";

    /// <exception cref="CallException">The feature is unknown, or the value of <c>include</c> is.</exception>
    public static async ValueTask<IReadOnlyList<ListedModel>> ListAsync(SwitchyardEngine engine, HttpContext http)
    {
        var include = http.Request.Query["include"].ToString();
        if (include.Length > 0 && include != Catalogue)
        {
            var message = $"'include' cannot be '{Sanitizer.Clean(include)}'. The only value is {Catalogue}.";
            throw new CallException(CallErrorKind.InvalidRequest, message, "include");
        }

        var caller = ClientKeys.Check(http, engine.Snapshot);
        return Apply(await engine.Models.ListAsync(caller, include.Length > 0, http.RequestAborted), http.Request.Query);
    }

    /// <exception cref="CallException">The feature is unknown.</exception>
    private static IReadOnlyList<ListedModel> Apply(IReadOnlyList<ListedModel> models, IQueryCollection query)
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
                && (feature.Length == 0 || model.Has(feature) is true)),
        ];
    }
}
