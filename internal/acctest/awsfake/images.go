package awsfake

import (
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (w *World) imageError(id string) error {
	if slices.ContainsFunc(w.options.Images, func(image Image) bool { return image.ID == id }) {
		return nil
	}
	return fault(http.StatusBadRequest, "InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
}

func (w *World) rootDevice(id string) string {
	for _, image := range w.options.Images {
		if image.ID == id {
			return image.RootDeviceName
		}
	}
	return ""
}

func (w *World) describeImages(in *ec2.DescribeImagesInput) (*ec2.DescribeImagesOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	if len(in.Filters) > 0 || in.NextToken != nil || in.MaxResults != nil {
		return nil, invalidValue("This fake finds images by their IDs only")
	}
	for _, id := range in.ImageIds {
		if err := w.imageError(id); err != nil {
			return nil, err
		}
	}
	out := &ec2.DescribeImagesOutput{Images: []ec2types.Image{}}
	for _, image := range w.options.Images {
		if len(in.ImageIds) == 0 || slices.Contains(in.ImageIds, image.ID) {
			out.Images = append(out.Images, imageView(image))
		}
	}
	return out, nil
}

func imageView(image Image) ec2types.Image {
	return ec2types.Image{
		ImageId: aws.String(image.ID), State: ec2types.ImageStateAvailable,
		RootDeviceName: aws.String(image.RootDeviceName), RootDeviceType: ec2types.DeviceTypeEbs,
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{
			DeviceName: aws.String(image.RootDeviceName),
			Ebs:        &ec2types.EbsBlockDevice{VolumeSize: aws.Int32(8), VolumeType: ec2types.VolumeTypeGp3},
		}},
	}
}
