using System.Globalization;
using Switchyard.Calls;

namespace Switchyard.Dialects.Shared;

/// <summary>Reads what a query says about pages.</summary>
internal static class PageQuery
{
    /// <summary>The most a page holds, and what one holds of which the client says nothing: most clients read one page and no more.</summary>
    public const int MaxSize = 1000;

    /// <exception cref="CallException">It is not a whole number from 1 to <see cref="MaxSize"/>.</exception>
    public static int Size(Func<string, string?> query, string parameter)
    {
        if (query(parameter) is not { Length: > 0 } text)
            return MaxSize;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= MaxSize
            ? size
            : throw new CallException(CallErrorKind.InvalidRequest, $"'{parameter}' must be a whole number from 1 to {MaxSize}.", parameter);
    }

    /// <summary>The place of the model a parameter names; -1 when the parameter is not there.</summary>
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

        throw new CallException(CallErrorKind.InvalidRequest, $"'{parameter}' names no model of this list. Begin again without it.", parameter);
    }
}
