using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Switchyard.Plugins;

/// <summary>Checks the entry class of a plugin's assembly, using the assembly's metadata.</summary>
internal static class PluginEntry
{
    /// <summary>The error for a file that is not an assembly.</summary>
    public static PluginException NoAssembly(PluginManifest manifest) => new(
        PluginFault.Manifest, $"'{manifest.Assembly}' is not a .NET assembly, or one for another kind of machine.");

    /// <summary>The error for a class in the manifest that is not an entry.</summary>
    public static PluginException NotNamed(PluginManifest manifest) => new(
        PluginFault.Manifest,
        $"'entry' names '{manifest.Entry}', which is not a public class of '{manifest.Assembly}' that implements {nameof(IPlugin)} and has "
        + "a public constructor without parameters.");

    /// <summary>The error if the manifest names no class and there is not exactly one entry.</summary>
    public static PluginException NotOne(PluginManifest manifest, IReadOnlyList<string> entries) => new(
        PluginFault.Manifest,
        entries.Count == 0
            ? $"'{manifest.Assembly}' has no public class that implements {nameof(IPlugin)} and has a public constructor without "
            + "parameters."
            : $"'{manifest.Assembly}' has several classes that implement {nameof(IPlugin)} ({string.Join(", ", entries)}): name one as "
            + "'entry' in the manifest.");

    /// <summary>The error that loading would report for the entry; null if it is valid. No code is loaded.</summary>
    public static string? FindProblem(PluginManifest manifest)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(manifest.Assembly));
            if (!file.HasMetadata)
                return NoAssembly(manifest).Message;
            var tables = file.GetMetadataReader();
            var entries = tables.TypeDefinitions.Select(tables.GetTypeDefinition).Where(type => IsEntry(tables, type)).ToList();
            if (manifest.Entry is { } named)
                return entries.Any(type => !type.IsNested && NameOf(tables, type) == named) ? null : NotNamed(manifest).Message;
            return entries.Count == 1 ? null : NotOne(manifest, [.. entries.Select(type => NameOf(tables, type))]).Message;
        }
        catch (BadImageFormatException)
        {
            return NoAssembly(manifest).Message;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"'{manifest.Assembly}' cannot be read: {e.Message}";
        }
    }

    private static bool IsEntry(MetadataReader tables, TypeDefinition type) =>
        IsExported(tables, type)
        && (type.Attributes & (TypeAttributes.Interface | TypeAttributes.Abstract)) == 0
        && type.GetGenericParameters().Count == 0
        && Implements(tables, type)
        && type.GetMethods().Select(tables.GetMethodDefinition).Any(method => IsPlainConstructor(tables, method));

    private static bool IsExported(MetadataReader tables, TypeDefinition type) => (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic => IsExported(tables, tables.GetTypeDefinition(type.GetDeclaringType())),
        _ => false,
    };

    /// <summary>Whether it, or a base class in the assembly, implements the contract. A base class in another assembly may.</summary>
    private static bool Implements(MetadataReader tables, TypeDefinition type)
    {
        if (type.GetInterfaceImplementations().Any(handle => IsContract(tables, tables.GetInterfaceImplementation(handle).Interface)))
            return true;
        return type.BaseType.Kind switch
        {
            HandleKind.TypeDefinition => Implements(tables, tables.GetTypeDefinition((TypeDefinitionHandle)type.BaseType)),
            HandleKind.TypeReference => !IsOfDotNet(tables, tables.GetTypeReference((TypeReferenceHandle)type.BaseType)),
            _ => false,
        };
    }

    private static bool IsContract(MetadataReader tables, EntityHandle handle)
    {
        if (handle.Kind != HandleKind.TypeReference)
            return false;
        var reference = tables.GetTypeReference((TypeReferenceHandle)handle);
        return tables.StringComparer.Equals(reference.Name, nameof(IPlugin))
            && tables.StringComparer.Equals(reference.Namespace, typeof(IPlugin).Namespace!);
    }

    private static bool IsOfDotNet(MetadataReader tables, TypeReference reference) => reference.ResolutionScope.Kind switch
    {
        // Classes of the framework do not implement the contract.
        HandleKind.AssemblyReference => tables.GetString(
            tables.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name)
            .StartsWith("System.", StringComparison.Ordinal),
        _ => false,
    };

    private static bool IsPlainConstructor(MetadataReader tables, MethodDefinition method) =>
        tables.StringComparer.Equals(method.Name, ConstructorInfo.ConstructorName)
        && (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public
        && ParameterCount(tables, method) == 0;

    private static int ParameterCount(MetadataReader tables, MethodDefinition method)
    {
        var signature = tables.GetBlobReader(method.Signature);
        return signature.ReadSignatureHeader().IsGeneric ? -1 : signature.ReadCompressedInteger();
    }

    private static string NameOf(MetadataReader tables, TypeDefinition type)
    {
        var name = tables.GetString(type.Name);
        return type.IsNested ? $"{NameOf(tables, tables.GetTypeDefinition(type.GetDeclaringType()))}+{name}"
            : tables.GetString(type.Namespace) is { Length: > 0 } space ? $"{space}.{name}"
            : name;
    }
}
