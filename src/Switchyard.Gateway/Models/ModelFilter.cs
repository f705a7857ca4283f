using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Engine;
using Switchyard.Gateway.Security;
using Switchyard.Listing;
using Switchyard.Models;

namespace Switchyard.Gateway.Models;

/// <summary>
/// Lists the models that the caller may call, as the query of the request wants them: <c>?provider=</c> and <c>?feature=</c> filter,
/// <c>?include=catalogue</c> adds those that only the catalogue names.
/// </summary>
internal static class ModelFilter
{
    private const string Catalogue = "catalogue";

    /// <exception cref="CallException">There is no such feature, or nothing of that name to include.</exception>
    public static async ValueTask<IReadOnlyList<ListedModel>> ListAsync(SwitchyardEngine engine, HttpContext http)
    {
        var include = http.Request.Query["include"].ToString();
        if (include.Length > 0 && include != Catalogue)
        {
            var message = $"There is nothing '{Sanitizer.Clean(include)}' to include. There is: {Catalogue}.";
            throw new CallException(CallErrorKind.InvalidRequest, message, "include");
        }

        var caller = ClientKeys.Check(http, engine.Snapshot);
        return Apply(await engine.Models.ListAsync(caller, include.Length > 0, http.RequestAborted), http.Request.Query);
    }

    /// <exception cref="CallException">There is no such feature.</exception>
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
                && (feature.Length == 0 || (model.Info is { } info && ModelFeatures.Of(info, feature) is true))),
        ];
    }
}
