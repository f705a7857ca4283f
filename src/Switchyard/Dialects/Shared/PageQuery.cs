using System.Globalization;
using Switchyard.Calls;

namespace Switchyard.Dialects.Shared;

/// <summary>Reads the paging parameters of a query string.</summary>
internal static class PageQuery
{
    /// <summary>The largest page, and the default, because most clients read only the first page.</summary>
    public const int MaxSize = 1000;

    /// <exception cref="CallException">It is not a whole number from 1 to <see cref="MaxSize"/>.</exception>
    public static int Size(Func<string, string?> query, string parameter)
    {
        if (query(parameter) is not { Length: > 0 } text)
            return MaxSize;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= MaxSize
            ? size
            : throw new CallException(
                CallErrorKind.InvalidRequest, $"'{parameter}' must be a whole number from 1 to {MaxSize}.", parameter);
    }

    /// <summary>The index of the model that a parameter names; -1 without the parameter.</summary>
    /// <exception cref="CallException">No model has that id.</exception>
    public static int IndexOf(IReadOnlyList<ModelListing> models, string? id, string parameter)
    {
        if (string.IsNullOrEmpty(id))
            return -1;
        for (var i = 0; i < models.Count; i++)
        {
            if (models[i].Id == id)
                return i;
        }

        throw new CallException(
            CallErrorKind.InvalidRequest, $"'{parameter}' names no model of this list. Begin again without it.", parameter);
    }
}
