using System.Collections;

namespace Switchyard.Configuration.Binding;

/// <summary>Tells a start on a fresh machine from one where somebody has configured something.</summary>
internal static class EmptyStart
{
    // Where to listen and how to log is also said to try the gateway out: `--urls`, `--log-format`, PORT.
    private static readonly string[] s_neutral = ["server.urls", "logs.format"];

    /// <summary>Whether everything has its default, except where to listen and what a line of the log is.</summary>
    public static bool Is(SwitchyardOptions options) => IsDefault(OptionShape.Root, options, OptionShape.Root.Create(), "");

    private static bool IsDefault(OptionShape shape, object options, object defaults, string prefix)
    {
        foreach (var property in shape.Properties)
        {
            var path = prefix + property.Name;
            var (value, usual) = (property.Member.GetValue(options), property.Member.GetValue(defaults));
            var same = s_neutral.Contains(path) || property.Shape.Kind switch
            {
                OptionKind.Object => value is null || IsDefault(property.Shape, value, usual ?? property.Shape.Create(), path + "."),
                OptionKind.Map or OptionKind.List => value is not ICollection { Count: > 0 },
                _ => Equals(value, usual),
            };
            if (!same)
                return false;
        }

        return shape.Others?.Member.GetValue(options) is not ICollection { Count: > 0 };
    }
}
