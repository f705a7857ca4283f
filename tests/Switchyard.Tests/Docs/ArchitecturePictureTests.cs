using System.Xml.Linq;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The architecture picture shows existing parts, with their names.</summary>
public sealed class ArchitecturePictureTests
{
    [Fact]
    public void Each_room_is_a_folder_of_its_name()
    {
        var rooms = XDocument.Parse(Repository.Read("docs/images/architecture.svg")).Descendants()
            .Where(element => element.Attribute("data-folder") is not null)
            .Select(element => (
                Folder: element.Attribute("data-folder")!.Value,
                Name: element.Elements().First(part => part.Name.LocalName == "text").Value))
            .ToList();

        Assert.NotEmpty(rooms);
        Assert.All(rooms, room => Assert.True(Directory.Exists(Repository.FullPath(room.Folder)), $"There is no {room.Folder}."));
        Assert.All(rooms, room => Assert.Equal(Path.GetFileName(room.Folder), room.Name));
    }
}
